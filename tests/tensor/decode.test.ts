import assert from "node:assert/strict";
import { test } from "node:test";
import { canDecode, decodeNumbers } from "../../src/tensor/decode.ts";
import { bytesOf, fromHex, type } from "./patterns.ts";

/** Decodes to doubles. */
function decode(dtype: string, bytes: Uint8Array, count: number): number[] {
  const out = new Float64Array(count);
  decodeNumbers(type(dtype), bytes, out);
  return Array.from(out);
}

test("decodeNumbers() reads x86's long doubles", () => {
  // numpy.longdouble 1.5, -2, 1/3, 1e300, -0, inf, nan, 2^-1060, 10^4000: its bytes, and as float64.
  const bytes = fromHex(
    "00000000000000c0ff3f000000000000000000000000008000c0000000000000abaaaaaaaaaaaaaafd3f000000000000" +
      "00e0ac0340e421bfe343000000000000000000000000000000800000000000000000000000000080ff7f000000000000" +
      "00000000000000c0ff7f0000000000000000000000000080db3b000000000000618c55fe2383bad1e673000000000000",
  );
  assert.deepEqual(
    decode("float128", bytes, 9),
    [1.5, -2, 0.3333333333333333, 1e300, -0, Infinity, NaN, 8.095e-320, Infinity],
  );
});

test("decodeNumbers() rounds 64-bit integers to float32 once", () => {
  // torch.tensor([...]).float(): by a double first the second would round down.
  const values = new BigInt64Array([2n ** 62n + 2n ** 38n, 2n ** 62n + 2n ** 38n + 1n, -1n]);
  const out = new Float32Array(3);
  decodeNumbers(type("int64"), bytesOf(values), out);
  assert.deepEqual(Array.from(out), [4611686018427387904, 4611686568183201792, -1]);
});

test("decodeNumbers() reads packed numbers from the low bits up", () => {
  // torch 2.13: quantize_per_channel(arange(8), …, quint4x2) is stored as 16 50 84 118.
  assert.deepEqual(
    decode("quint4x2", Uint8Array.of(16, 50, 84, 118), 8),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual(decode("quint2x4", Uint8Array.of(228, 228), 8), [0, 1, 2, 3, 0, 1, 2, 3]);
  // c10/util/Float4_e2m1fn_x2.h: the first value is in the low bits.
  assert.deepEqual(decode("float4_e2m1fn_x2", Uint8Array.of(0x72, 0x9f), 4), [1, 6, -6, -0.5]);
  assert.deepEqual(decode("F4", Uint8Array.of(0x72), 2), [1, 6]);
});

test("decodeNumbers() reads bfloat16 and bools", () => {
  assert.deepEqual(decode("bfloat16", bytesOf(new Uint16Array([0x3fc0, 0xc000])), 2), [1.5, -2]);
  // torch reads a bool byte of 2 as True.
  assert.deepEqual(decode("bool", Uint8Array.of(0, 1, 2), 3), [0, 1, 1]);
});

test("decodeNumbers() reads bytes wherever they lie", () => {
  const odd = new Uint8Array(9);
  odd.set(bytesOf(new Int32Array([7, -8])), 1);
  assert.deepEqual(decode("int32", odd.subarray(1), 2), [7, -8]);
});

test("decodeNumbers() refuses what holds no numbers", () => {
  for (const name of ["F6_E2M3", "bits8", "complex64", "object"]) {
    assert.equal(canDecode(type(name)), false);
    assert.throws(() => decode(name, new Uint8Array(8), 1), { code: "unsupported" });
  }
});
