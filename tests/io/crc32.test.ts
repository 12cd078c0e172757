import assert from "node:assert/strict";
import { test } from "node:test";
import { checksum, crc32, loadCrc32 } from "../../src/io/crc32.ts";

/** Python: `zlib.crc32(bytes(i * 7 % 256 for i in range(n)))`. */
const KNOWN: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0xd202ef8d],
  [15, 0xc356fbb9],
  [16, 0x54126ba2],
  [17, 0xba8b4e1e],
  [100_000, 0x0eaf0153],
];

const sample = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7 % 256);

test("crc32() gives the check value of CRC-32/ISO-HDLC", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("crc32(), loadCrc32() and checksum() say what zlib says, at every length", async () => {
  const few = await loadCrc32(1); // before any other is known
  const native = await loadCrc32();
  for (const [length, crc] of KNOWN) {
    assert.equal(crc32(sample(length)), crc, `${length} bytes`);
    assert.equal(few(sample(length)), crc, `${length} bytes`);
    assert.equal(native(sample(length)), crc, `${length} bytes`);
    assert.equal(await checksum(sample(length)), crc, `${length} bytes`);
  }
});

test("crc32() goes on from a seed", async () => {
  const native = await loadCrc32();
  const [length, crc] = KNOWN[KNOWN.length - 1]!;
  for (const cut of [0, 1, 16, 333, length]) {
    const [head, tail] = [sample(length).subarray(0, cut), sample(length).subarray(cut)];
    assert.equal(crc32(tail, crc32(head)), crc);
    assert.equal(native(tail, native(head)), crc);
  }
});
