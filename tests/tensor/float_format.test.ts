import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeTable, FLOAT_FORMATS } from "../../src/tensor/float_format.ts";
import { bytesOf, digest } from "./patterns.ts";

/** Digests of all codes as float32, NaNs' bits included, from `truth.py` with torch 2.13. */
const TORCH: readonly [format: string, sha256: string][] = [
  ["float16", "b636c5716ff84d972782faf02d0194cb8951526bea4cc487082feb47b1860ddf"],
  ["bfloat16", "9207d7eb28680a098c73dbe536d1ff7b94311dc417b9a385e0af6660683e93ca"],
  ["float8_e4m3fn", "8c7066d2da2e927f14261b753a1335e027ff331349e91d5b568e1a8c45ce189a"],
  ["float8_e5m2", "f27340bbd2d23b7ee6ed74aef34425c94f9037517888fe98870711bec0be8f6c"],
  ["float8_e4m3fnuz", "6b26d984a28fcec380ee5cc88f61418dc54e7043e807db8c336e52d28fa9726e"],
  ["float8_e5m2fnuz", "3d9ca48a491b8b4af21543e4603592f87a7feadd17c7d2091013cb65034b3fe2"],
  ["float8_e8m0fnu", "32402a0a1e6da55bed0094e09eb803e8934fdcc84193606c2605b3f2acb24c80"],
];

for (const [format, sha256] of TORCH) {
  test(`decodeTable() has every code of ${format} as torch has it`, () => {
    const { bits, values } = decodeTable(FLOAT_FORMATS.get(format)!);
    assert.equal(values.length, format.includes("8_") ? 256 : 65_536);
    assert.equal(digest(bytesOf(bits)), sha256);
  });
}

test("decodeTable() has the numbers of the OCP microscaling formats", () => {
  // OCP MX specification 1.0, section 5.3.
  const numbers = (name: string) => Array.from(decodeTable(FLOAT_FORMATS.get(name)!).values);
  const e2m1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
  assert.deepEqual(numbers("float4_e2m1"), [...e2m1, ...e2m1.map((value) => -value)]);
  const e2m3 = numbers("float6_e2m3");
  assert.deepEqual([e2m3[1], e2m3[8], e2m3[31], e2m3[63]], [0.125, 1, 7.5, -7.5]);
  const e3m2 = numbers("float6_e3m2");
  assert.deepEqual([e3m2[1], e3m2[4], e3m2[31], e3m2[63]], [0.0625, 0.25, 28, -28]);
});
