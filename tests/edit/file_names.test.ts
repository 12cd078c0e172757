import assert from "node:assert/strict";
import { test } from "node:test";
import { safeFileName, uniqueFileNames } from "../../src/edit/file_names.ts";

test("safeFileName() keeps letters, digits and three signs", () => {
  for (const name of ["fc.weight", "layers.0.q_proj-x", "größe", "モデル", "вес", "𠀀"]) {
    assert.equal(safeFileName(name), name);
  }
});

test("safeFileName() spells everything else as UTF-16 units", () => {
  const spelled: [name: string, file: string][] = [
    ["", "_"],
    ["../../etc/passwd", "%002E.%002F..%002Fetc%002Fpasswd"],
    ["C:\\x", "C%003A%005Cx"],
    ["a b", "a%0020b"],
    ["a\0b\n", "a%0000b%000A"],
    ['<>:"|?*', "%003C%003E%003A%0022%007C%003F%002A"],
    ["50%", "50%0025"],
    ["a~2", "a%007E2"],
    ["x\u202egpj", "x%202Egpj"],
    ["x\u200b\u3164", "x%200B%3164"],
    ["🙂", "%D83D%DE42"],
    ["\ud800", "%D800"],
    [".", "%002E"],
    ["..", "%002E%002E"],
    [".hidden", "%002Ehidden"],
    ["-rf", "%002Drf"],
    ["trailing.", "trailing%002E"],
    ["trailing ", "trailing%0020"],
    ["e\u0301", "é"],
  ];
  for (const [name, file] of spelled) assert.equal(safeFileName(name), file, JSON.stringify(name));
});

test("safeFileName() puts _ before names of Windows devices", () => {
  // "Naming Files, Paths, and Namespaces" of Microsoft's documentation lists them.
  for (
    const name of ["CON", "prn", "Aux.weight", "nul.tar.gz", "COM1", "com0", "lpt9.x", "ＣＯＮ"]
  ) {
    assert.equal(safeFileName(name), `_${name}`);
  }
  assert.equal(safeFileName("COM¹"), "COM%00B9");
  for (const name of ["conv", "con1", "com10", "x.con", "null"]) {
    assert.equal(safeFileName(name), name);
  }
});

test("safeFileName() cuts long names at whole characters and adds a hash of the name", () => {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  assert.equal(safeFileName("a".repeat(180)), "a".repeat(180));
  for (const name of ["a".repeat(181), "重".repeat(100), "/".repeat(100), "𠀀".repeat(99)]) {
    const file = safeFileName(name);
    assert.match(file, /^(?:[^%~]|%[0-9A-F]{4})+~[0-9a-f]{16}$/u);
    assert.ok(bytes(file) <= 180 && bytes(file) > 170, file);
    assert.notEqual(file, safeFileName(`${name}b`));
  }
  // FNV-1a 64 of 181 times "a", from a Python loop over the published constants.
  assert.equal(safeFileName("a".repeat(181)).slice(-17), "~d7be4525f17fd7f8");
});

test("uniqueFileNames() gives names that differ on systems without case or composition", () => {
  const names = ["a", "A", "a", "ß", "SS", "ss", "σ", "ς", "ﬁ", "fi", "Ａ"];
  const files = uniqueFileNames(names);
  assert.deepEqual([...files], [
    ["a", "a"],
    ["A", "A~2"],
    ["ß", "ß"],
    ["SS", "SS~2"],
    ["ss", "ss~3"],
    ["σ", "σ"],
    ["ς", "ς~2"],
    ["ﬁ", "ﬁ"],
    ["fi", "fi~2"],
    ["Ａ", "Ａ~3"],
  ]);
});

test("uniqueFileNames() leaves reserved names alone", () => {
  assert.equal(uniqueFileNames(["index"], ["INDEX"]).get("index"), "index~2");
});

test("uniqueFileNames() stays quick when all names are one file", () => {
  // 14 letters in every mixture of cases: a search from ~2 on for each would be 2^27 steps.
  const names = Array.from(
    { length: 1 << 14 },
    (_, i) =>
      [..."abcdefghijklmn"].map((letter, k) => i >> k & 1 ? letter.toUpperCase() : letter).join(""),
  );
  const files = uniqueFileNames(names);
  assert.equal(new Set([...files.values()].map((file) => file.toLowerCase())).size, names.length);
});
