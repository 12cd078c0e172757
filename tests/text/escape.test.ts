import assert from "node:assert/strict";
import { test } from "node:test";
import { displayWidth, isHidden, showText } from "../../src/text/escape.ts";

test("showText() leaves printable text of any script alone", () => {
  for (const text of ["", "layers.0.weight", "größe", "モデル.重み", "вес", "a\\b", "🙂"]) {
    assert.equal(showText(text), text);
  }
});

test("showText() shows controls, separators, bidi, zero-width, tags and surrogates by number", () => {
  // C0, DEL, C1, line separators, bidi (UAX 9), zero-width,
  // tags, lone surrogates.
  const listed = [0, 7, 9, 10, 13, 0x1b, 0x1f, 0x7f, 0x80, 0x9b, 0x9f, 0x2028, 0x2029, 0x61c];
  listed.push(0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2060, 0xfeff, 0xe0001, 0xe0041, 0xe007f);
  listed.push(0xd800, 0xdbff, 0xdc00, 0xdfff);
  for (let bidi = 0x202a; bidi <= 0x202e; bidi++) listed.push(bidi);
  for (let isolate = 0x2066; isolate <= 0x2069; isolate++) listed.push(isolate);
  for (const point of listed) {
    const text = `a${String.fromCodePoint(point)}b`;
    assert.equal(showText(text), `a\\u{${point.toString(16)}}b`);
  }
});

test("showText() shows characters that no screen draws", () => {
  // Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt.
  for (const point of [0xad, 0x34f, 0x115f, 0x3164, 0xffa0, 0xfe0f, 0xe0100]) {
    assert.equal(isHidden(String.fromCodePoint(point)), true);
  }
  assert.equal(isHidden("a"), false);
});

test("showText() defuses a terminal escape sequence", () => {
  assert.equal(showText("\x1b]0;owned\x07\x1b[2Jx"), "\\u{1b}]0;owned\\u{7}\\u{1b}[2Jx");
});

test("showText() lets two marks stand on a letter and shows the others by number", () => {
  assert.equal(showText("e\u0301\u0302"), "e\u0301\u0302");
  assert.equal(showText("e\u0301\u0302\u0303\u0304x"), "e\u0301\u0302\\u{303}\\u{304}x");
  assert.equal(showText("\u0301x"), "\\u{301}x");
});

test("showText() cuts at the end or in the middle, never inside an escape", () => {
  assert.equal(showText("abcdefghij", { max: 10 }), "abcdefghij");
  assert.equal(showText("abcdefghijk", { max: 10 }), "abcdefghi…");
  assert.equal(showText("abcdefghijk", { max: 10, cut: "middle" }), "abcde…hijk");
  assert.equal(showText("abc\x1bdef", { max: 8 }), "abc…");
  assert.equal(showText("\x1b\x1b\x1b\x1b", { max: 13, cut: "middle" }), "\\u{1b}…\\u{1b}");
  assert.equal(showText("x".repeat(500)), "x".repeat(119) + "…");
  assert.equal(showText("x".repeat(500), { max: Infinity }), "x".repeat(500));
});

test("showText() counts wide characters as two columns", () => {
  assert.equal(showText("重み重み", { max: 8 }), "重み重み");
  assert.equal(showText("重み重み", { max: 7 }), "重み重…");
  assert.equal(showText("重み重み", { max: 7, cut: "middle" }), "重…み");
});

test("showText() keeps the width it promises for any text", () => {
  const alphabet = [
    "a",
    "\x1b",
    "重",
    "e\u0301\u0302\u0303",
    "🙂",
    "\ud800",
    "\u{e0041}",
    "\u0301",
  ];
  let seed = 7;
  for (let round = 0; round < 400; round++) {
    let text = "";
    for (let i = 0; i < 60; i++) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      text += alphabet[seed % alphabet.length];
    }
    const max = 1 + round % 50;
    for (const cut of ["end", "middle"] as const) {
      const shown = showText(text, { max, cut });
      assert.ok(displayWidth(shown) <= max, `${shown} is wider than ${max}`);
      assert.ok([...shown].every((character) => !isHidden(character)));
    }
  }
});

test("showText() of a huge name reads no more of it than it shows", () => {
  const name = "\u0301重".repeat(10_000_000);
  const start = performance.now();
  for (let i = 0; i < 100; i++) showText(name, { cut: "middle" });
  // A walk over 20 million characters takes more than a second each.
  assert.ok(performance.now() - start < 2000);
});

test("displayWidth() follows the East Asian Width table", () => {
  // Widths of python3's unicodedata.east_asian_width: W and F are two columns.
  const widths: [string, number][] = [
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["중", 2],
    ["Ａ", 2],
    ["ｱ", 1],
    ["\u303f", 1],
    ["\u{20000}", 2],
    ["🙂", 2],
    ["☀", 1],
    ["⌚", 2],
    ["\u{1f1e9}", 1],
    ["Ω", 1],
    ["\u{1d400}", 1],
  ];
  for (const [text, width] of widths) assert.equal(displayWidth(text), width, text);
});
