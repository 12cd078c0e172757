import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { disassemble } from "../../src/pickle/dis.ts";
import type { Disassembled, DisassembleOptions } from "../../src/pickle/dis.ts";
import type { Argument } from "../../src/pickle/dis_arguments.ts";
import { disassemblyLine } from "../../src/pickle/dis_text.ts";
import { corpusDir, inRepo, manifest, withoutCorpus } from "../support/corpus.ts";
import { fromHex } from "./writer_cases.ts";

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function list(text: string, options?: DisassembleOptions): Disassembled[] {
  return [...disassemble(latin1(text), options)];
}

function listing(text: string, options?: DisassembleOptions): string[] {
  return list(text, options).map(disassemblyLine);
}

function names(text: string): string[] {
  return list(text).flatMap((line) =>
    line.kind === "opcode" && line.global ? [line.global.join(" ")] : []
  );
}

/** What pickletools of CPython 3.11 reads in each opcode, written by make_fixtures.py. */
const facts = JSON.parse(readFileSync(inRepo("fixtures", "pickle", "dis.json"), "utf8")) as {
  stream: string;
  lines: [offset: number, name: string, argument: unknown][];
};

test("disassemble() reads every opcode and argument as pickletools does", () => {
  const lines = [...disassemble(fromHex(facts.stream))];
  assert.equal(new Set(facts.lines.map(([, name]) => name)).size, 68);
  const ours = lines.map((line) =>
    line.kind === "opcode" ? [line.offset, line.opcode.name, spelled(line.argument)] : line
  );
  const theirs = facts.lines.map(([offset, name, argument]) => [offset, name, asWritten(argument)]);
  assert.deepEqual(ours, theirs);
});

/** Numbers that a pickle writes as text stay text here, and pickletools joins two names by a blank. */
function spelled(argument: Argument): unknown {
  if (argument instanceof Uint8Array) return { bytes: Array.from(argument) };
  if (Array.isArray(argument)) return argument.join(" ");
  return typeof argument === "number" || typeof argument === "bigint" ? String(argument) : argument;
}

function asWritten(argument: unknown): unknown {
  if (typeof argument === "number") return String(argument);
  if (typeof argument !== "object" || argument === null) return argument;
  if ("bytes" in argument) return { bytes: Array.from(fromHex(argument.bytes as string)) };
  const { int } = argument as { int: string };
  return int === "-123" ? "-123L" : int;
}

test("disassemblyLine() shows offset, byte, opcode, argument and name", () => {
  // pickle.dumps({"a": collections.OrderedDict()}, 4) of CPython 3.11.
  const pickle = "\x80\x04\x95\x29\0\0\0\0\0\0\0}\x94\x8c\x01a\x94\x8c\x0bcollections\x94" +
    "\x8c\x0bOrderedDict\x94\x93\x94)R\x94s.";
  assert.deepEqual(listing(pickle), [
    "       0  80  PROTO            4",
    "       2  95  FRAME            41",
    "      11  7d  EMPTY_DICT",
    "      12  94  MEMOIZE",
    '      13  8c  SHORT_BINUNICODE "a"',
    "      16  94  MEMOIZE",
    '      17  8c  SHORT_BINUNICODE "collections"',
    "      30  94  MEMOIZE",
    '      31  8c  SHORT_BINUNICODE "OrderedDict"',
    "      44  94  MEMOIZE",
    "      45  93  STACK_GLOBAL     = collections.OrderedDict",
    "      46  94  MEMOIZE",
    "      47  29  EMPTY_TUPLE",
    "      48  52  REDUCE",
    "      49  94  MEMOIZE",
    "      50  73  SETITEM",
    "      51  2e  STOP",
  ]);
});

test("disassemblyLine() indents by open marks and says what Python 3 makes of a name", () => {
  assert.deepEqual(listing("(c__builtin__\nset\n(lt."), [
    "       0  28  MARK",
    "       1  63   GLOBAL           __builtin__ set = builtins.set",
    "      18  28   MARK",
    "      19  6c   LIST",
    "      20  74  TUPLE",
    "      21  2e  STOP",
  ]);
  const protocol3 = listing("\x80\x03c__builtin__\nset\n.");
  assert.equal(protocol3[1], "       2  63  GLOBAL           __builtin__ set");
});

test("disassemblyLine() lets no control character of the file through", () => {
  // The UTF-8 of ESC, U+202E, U+200B, U+0085, a lone surrogate, U+E0001 and a newline.
  const utf8 = "\x1b[31m\xe2\x80\xae\xe2\x80\x8b\xc2\x85\xed\xa0\x80\xf3\xa0\x80\x81\n";
  const line = listing(`\x8c${String.fromCharCode(utf8.length)}${utf8}.`)[0]!;
  assert.ok(line.endsWith('"\\u001b[31m\\u202e\\u200b\\u0085\\ud800\\u{e0001}\\n"'), line);
  assert.ok(listing("cos\x1b\nsys\x07tem\n.")[0]!.endsWith("os\\u001b sys\\u0007tem"));
  assert.ok(listing("I1\x1b\n.")[0]!.endsWith("1\\u001b"));
});

test("disassemblyLine() cuts long arguments short", () => {
  const line = listing(`X\xc8\0\0\0${"x".repeat(200)}.`)[0]!;
  assert.ok(line.endsWith(`"${"x".repeat(72)}… (200 characters)"`), line);
  const bytes = listing(`C\x40${"\xab".repeat(64)}.`)[0]!;
  assert.ok(bytes.endsWith(`<${"ab".repeat(18)}…> 64 bytes`), bytes);
});

test("disassemble() follows names through the memo, DUP, POP and marks", () => {
  assert.deepEqual(names("\x8c\x02os\x94\x8c\x06system\x940h\0h\x01\x93."), ["os system"]);
  assert.deepEqual(names("\x8c\x01a2\x93."), ["a a"]);
  assert.deepEqual(names("\x8c\x02os(N1\x8c\x06system\x93."), ["os system"]);
  assert.deepEqual(names("\x8c\x02os(0\x8c\x06system\x93."), ["os system"]);
  assert.deepEqual(names("U\x02osq\x05V\x6eame\np7\nj\x05\0\0\0g7\n\x93."), ["os name"]);
  assert.deepEqual(names("(iposix\nsystem\n."), ["posix system"]);
});

test("disassemble() takes the next index for MEMOIZE as Python does: entries, not the last index", () => {
  assert.deepEqual(names("\x8c\x02osq\x01\x8c\x01x\x940h\x01\x8c\x01y\x93."), ["x y"]);
});

test("disassemble() gives ? for a name that no text of the stream gives", () => {
  assert.deepEqual(names("c_codecs\nencode\n\x8c\x02bf\x85R\x8c\x06system\x93.")[1], "? system");
  assert.deepEqual(names("K\x01K\x02\x93."), ["? ?"]);
  assert.deepEqual(names("\x93."), ["? ?"]);
});

test("disassemble() says where Python would stop, and goes on", () => {
  const problems = (text: string) =>
    list(text).map((line) => line.kind === "opcode" ? line.problem : line.kind);
  assert.deepEqual(problems("K\x01(K\x02\x86."), [
    undefined,
    undefined,
    undefined,
    SHORT,
    undefined,
  ]);
  assert.deepEqual(problems("0N."), [SHORT, undefined, undefined]);
  assert.deepEqual(problems("t."), [SHORT, undefined]);
  assert.deepEqual(problems("2."), [SHORT, SHORT]);
  assert.deepEqual(problems("h\x05."), ["the memo has no such index", undefined]);
  assert.deepEqual(problems("Npx\n."), [undefined, "the index is no number", undefined]);
  assert.deepEqual(problems("\x94."), [SHORT, SHORT]);
});

const SHORT = "the stack holds too little";

test("disassemble() ends with what is wrong, and where", () => {
  const end = (text: string) => {
    const last = list(text).at(-1)!;
    assert.equal(last.kind, "error");
    return last.kind === "error" ? [last.offset, last.error.code, last.error.message] : [];
  };
  assert.deepEqual(end(""), [0, "truncated", "The pickle ends before its STOP"]);
  assert.deepEqual(end("NN"), [2, "truncated", "The pickle ends before its STOP"]);
  assert.deepEqual(end("N\xff."), [1, "corrupt", "Byte 0xff is no opcode"]);
  assert.deepEqual(end("Nctorch\nx"), [1, "truncated", "A line of text has no end"]);
  assert.deepEqual(end("J\x01"), [
    0,
    "truncated",
    "An argument of 4 bytes begins at 1, but the data ends at 2",
  ]);
  // BINBYTES8 of 2^60 bytes, nine bytes long.
  assert.deepEqual(end("\x8e\0\0\0\0\0\0\0\x10").slice(0, 2), [0, "truncated"]);
  assert.deepEqual(end("\x8b\xff\xff\xff\xff"), [0, "corrupt", "The length -1 is negative"]);
  assert.deepEqual(end("X\x01\0\0\0\xff"), [0, "corrupt", "A string is not valid UTF-8"]);
  assert.deepEqual(end("Sabc\n").slice(0, 2), [0, "corrupt"]);
});

test("disassemble() survives every change of one byte", () => {
  const bytes = fromHex(facts.stream);
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const changed = bytes.slice();
      changed[at]! ^= flip;
      const lines = [...disassemble(changed)];
      const last = lines.at(-1)!;
      assert.ok(last.kind === "error" || last.kind === "opcode" && last.opcode.name === "STOP");
      for (const line of lines) disassemblyLine(line);
    }
  }
});

test("disassemble() begins where it is told, and ends at STOP", () => {
  const lines = list("N.K\x01.junk", { start: 2 });
  assert.deepEqual(lines.map((line) => line.offset), [2, 4]);
});

test("disassemble() passes over bytes that are no opcodes", () => {
  const gaps = new Map([[1, 3]]);
  assert.deepEqual(listing("N\xff\xff\xff.", { gaps }), [
    "       0  4e  NONE",
    "       1      3 bytes of data",
    "       4  2e  STOP",
  ]);
});

test("disassemble() names what the real files name", { skip: withoutCorpus("arrays") }, () => {
  const folder = corpusDir("arrays")!;
  let compared = 0;
  for (const entry of manifest("arrays", folder)) {
    const single = entry.format === "pickle" && entry.compression === "none" &&
      !("pickles" in entry);
    if (entry.expect !== "ok" || !single || !entry.globals) continue;
    const bytes = new Uint8Array(readFileSync(join(folder, entry.file)));
    const named = new Set<string>();
    for (const line of disassemble(bytes)) {
      assert.equal(line.kind, "opcode", entry.file);
      if (line.kind === "opcode" && line.global) named.add(line.global.join("."));
    }
    assert.deepEqual([...named], entry.globals, entry.file);
    compared++;
  }
  assert.ok(compared > 90, `only ${compared} files`);
});
