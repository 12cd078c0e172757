import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackAll } from "../../src/compression/codecs.ts";
import { codeTable, longCode } from "../../src/compression/bz2/codes.ts";
import { bytesSource } from "../../src/io/source.ts";
import { codecOf, packedStream, sha256 } from "./packed_streams.ts";

/** Python: `bz2.compress(b"x")`. Header 4, magic 6, CRC 4, then the block's bits. */
const BYTE = packedStream("bz2 byte");

const unpackBytes = (bytes: Uint8Array<ArrayBuffer>, limit?: number) =>
  unpackAll(codecOf(BYTE), bytesSource(bytes), 0, limit === undefined ? {} : { limit });

/** The stream with some bytes replaced. */
function changed(at: number, ...bytes: number[]): Uint8Array<ArrayBuffer> {
  const packed = BYTE.packed.slice();
  packed.set(bytes, at);
  return packed;
}

test("decodeBz2() refuses headers that aren't bzip2's", async () => {
  const code = "corrupt";
  await assert.rejects(unpackBytes(changed(0, 0x62)), { code, path: "bytes" });
  await assert.rejects(unpackBytes(changed(2, 0x30)), { code });
  await assert.rejects(unpackBytes(changed(3, 0x30)), { code }); // level 0
  await assert.rejects(unpackBytes(changed(3, 0x3a)), { code });
  await assert.rejects(unpackBytes(changed(4, 0x30)), {
    code,
    message: "Neither a bzip2 block nor the stream's end is where one should be",
    offset: 10,
  });
});

test("decodeBz2() checks each block's CRC and the stream's", async () => {
  await assert.rejects(unpackBytes(changed(10, BYTE.packed[10]! ^ 1)), {
    code: "corrupt",
    message: "The CRC-32 of a bzip2 block is wrong",
    offset: 10,
  });
  const inLast = BYTE.packed.length - 2;
  await assert.rejects(unpackBytes(changed(inLast, BYTE.packed[inLast]! ^ 16)), {
    code: "corrupt",
    message: "The CRC-32 of a bzip2 stream is wrong",
  });
});

test("decodeBz2() doesn't undo what bzip2 before 1.0 randomised", async () => {
  await assert.rejects(unpackBytes(changed(14, BYTE.packed[14]! | 0x80)), {
    code: "unsupported",
    hint: "unpack it with bunzip2 and open what comes out",
  });
});

test("decodeBz2() holds a block to its stream's level", async () => {
  // 2.5 MB in blocks of 900,000 bytes, called ones of 100,000.
  const packed = packedStream("bz2 steps").packed.slice();
  packed[3] = 0x31;
  await assert.rejects(unpackBytes(packed), {
    code: "corrupt",
    message: "The bzip2 block has more than its 100000 bytes",
  });
});

test("decodeBz2() leaves what follows the last stream", async () => {
  for (const behind of ["", "B", "BZh", "BZh9", "BZh9 no block", "\0\0\0", "BZh0\x17rE8P\x90"]) {
    const bytes = new Uint8Array([...BYTE.packed, ...new TextEncoder().encode(behind)]);
    const { bytes: plain, end } = await unpackBytes(bytes);
    assert.deepEqual([...plain], [0x78], behind);
    assert.equal(end, BYTE.packed.length, behind);
  }
});

test("decodeBz2() takes a second stream that is broken for what it is", async () => {
  const bytes = new Uint8Array([...BYTE.packed, ...changed(10, 0)]);
  await assert.rejects(unpackBytes(bytes), { code: "corrupt" });
  const cut = new Uint8Array([...BYTE.packed, ...BYTE.packed.subarray(0, 20)]);
  await assert.rejects(unpackBytes(cut), { code: "truncated" });
});

test("decodeBz2() stops a bomb at its limit", async () => {
  // 45 bytes make 300,000: 7,000 to 1.
  const { packed, sha256: plain } = packedStream("bz2 zeros");
  const bomb = new Uint8Array(packed.length * 300);
  for (let at = 0; at < bomb.length; at += packed.length) bomb.set(packed, at);
  await assert.rejects(unpackBytes(bomb), { code: "limit", path: "bytes" });
  const { bytes } = await unpackBytes(bomb, 300 * 300_000);
  assert.equal(bytes.length, 90_000_000);
  assert.equal(sha256(bytes.subarray(-300_000)), plain);
});

test("codeTable() gives the codes of their lengths in order", () => {
  // The canonical code of lengths 2, 1, 3, 3: 10, 0, 110, 111.
  const table = codeTable(Uint8Array.of(2, 1, 3, 3))!;
  const first = (bits: string) => table.short[Number.parseInt(bits.padEnd(10, "0"), 2)];
  assert.equal(first("0"), 1 << 5 | 1);
  assert.equal(first("0111111111"), 1 << 5 | 1);
  assert.equal(first("10"), 0 << 5 | 2);
  assert.equal(first("110"), 2 << 5 | 3);
  assert.equal(first("1111111111"), 3 << 5 | 3);
});

test("codeTable() refuses more codes than there are, and leaves those that are missing", () => {
  assert.equal(codeTable(Uint8Array.of(1, 1, 1)), undefined);
  assert.equal(codeTable(Uint8Array.of(1, 2, 2, 20)), undefined);
  const table = codeTable(Uint8Array.of(1, 2))!;
  assert.equal(table.short[0b1100000000], 0);
  assert.equal(longCode(table, -1), 0);
});

test("longCode() finds codes beyond the short table", () => {
  // 1, 2 … 19, 20, 20: symbol k has k ones and a zero, the last one twenty ones.
  const lengths = Uint8Array.from({ length: 21 }, (_, i) => Math.min(i + 1, 20));
  const table = codeTable(lengths)!;
  for (let symbol = 10; symbol < 21; symbol++) {
    const bits = ("1".repeat(symbol) + "0").slice(0, 20).padEnd(32, "0");
    assert.equal(longCode(table, Number.parseInt(bits, 2) | 0), symbol << 5 | lengths[symbol]!);
  }
});
