import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Op, opcodeOf, OPCODES } from "../../src/pickle/opcodes.ts";

/** What CPython 3.11's `pickletools` says, written by make_fixtures.py. */
const facts = JSON.parse(
  readFileSync(new URL("../../fixtures/pickle/opcodes.json", import.meta.url), "utf8"),
) as [
  byte: number,
  name: string,
  protocol: number,
  argument: string | null,
  before: string[],
  after: string[],
][];

/** pickletools' word for an argument's layout, where an opcode's own word differs by opcode. */
const ARGUMENTS: Record<string, string[]> = {
  uint1: ["u1"],
  uint2: ["u2"],
  uint4: ["u4"],
  uint8: ["u8"],
  int4: ["i4"],
  float8: ["f8"],
  decimalnl_short: ["int-line", "index-line"],
  decimalnl_long: ["long-line"],
  floatnl: ["float-line"],
  stringnl: ["quoted-line"],
  stringnl_noescape: ["id-line"],
  stringnl_noescape_pair: ["name-lines"],
  unicodestringnl: ["unicode-line"],
  unicodestring1: ["utf8-u1"],
  unicodestring4: ["utf8-u4"],
  unicodestring8: ["utf8-u8"],
  string1: ["string-u1"],
  string4: ["string-i4"],
  bytes1: ["bytes-u1"],
  bytes4: ["bytes-u4"],
  bytes8: ["bytes-u8"],
  bytearray8: ["bytes-u8"],
  long1: ["int-u1"],
  long4: ["int-i4"],
};

test("OPCODES holds the 68 opcodes of pickletools, and no others", () => {
  assert.equal(OPCODES.length, 68);
  const ours = OPCODES.map((o) => `${o.byte} ${o.name} ${o.protocol}`).sort();
  assert.deepEqual(
    ours,
    facts.map(([byte, name, protocol]) => `${byte} ${name} ${protocol}`).sort(),
  );
});

test("OPCODES agrees with pickletools on how each argument lies", () => {
  for (const [byte, name, , argument] of facts) {
    const ours = opcodeOf(byte)!.argument;
    if (argument === null) assert.equal(ours, "none", name);
    else assert.ok(ARGUMENTS[argument]!.includes(ours), `${name}: ${ours}, not ${argument}`);
  }
});

test("OPCODES agrees with pickletools on the stack effects", () => {
  const slices = (words: string[]) => words.filter((word) => word !== "stackslice").length;
  for (const [byte, name, , , before, after] of facts) {
    // pickletools says that PUT takes nothing, MEMOIZE that it takes the top: both look at it.
    if (name.endsWith("PUT")) continue;
    const opcode = opcodeOf(byte)!;
    const count = (effect: string) => effect === "" ? 0 : effectWords(effect).length;
    assert.equal(count(opcode.before), slices(before), `${name} before`);
    assert.equal(count(opcode.after), slices(after), `${name} after`);
  }
});

/** The words of a stack effect; a slice belongs to its mark, "str or bytes" is one word. */
function effectWords(effect: string): string[] {
  return effect.replace(" or ", "-or-").split(" ").filter((word) => word !== "…");
}

test("Op gives each opcode its byte", () => {
  assert.equal(Op.STOP, ".".charCodeAt(0));
  assert.equal(Op.PROTO, 0x80);
  for (const opcode of OPCODES) assert.equal(Op[opcode.name], opcode.byte);
});

test("opcodeOf() knows no other byte", () => {
  const known = new Set(facts.map(([byte]) => byte));
  for (let byte = 0; byte < 256; byte++) {
    assert.equal(opcodeOf(byte) !== undefined, known.has(byte), `byte ${byte}`);
  }
  assert.equal(opcodeOf(-1), undefined);
  assert.equal(opcodeOf(256), undefined);
});
