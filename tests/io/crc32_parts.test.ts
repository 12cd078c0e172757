import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32OfRest } from "../../src/io/crc32_parts.ts";

// The CRCs are zlib.crc32's of Python.
test("crc32OfRest() gives the CRC of what follows", () => {
  // bytes(range(256)) * 5, cut after 100
  assert.equal(crc32OfRest(0x1e7a6d24, 0x58c932f5, 1180), 0xdd957053);
  // b"abc" and 16 MiB of zeros
  assert.equal(crc32OfRest(0x735fcd53, 0x352441c2, 2 ** 24), 0xa47ca14a);
});

test("crc32OfRest() knows the parts that are empty", () => {
  assert.equal(crc32OfRest(0x352441c2, 0x352441c2, 0), 0);
  assert.equal(crc32OfRest(0x352441c2, 0, 3), 0x352441c2);
});
