import assert from "node:assert/strict";
import { test } from "node:test";
import { blockFix, swapWords } from "../../src/tensor/byte_order.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { numpyDType, structDType, subarrayDType } from "../../src/tensor/numpy_dtype.ts";
import { bytesOf, toHex, type } from "./patterns.ts";

/** A structure by numpy's codes and offsets. */
function struct(fields: readonly [string, string | DType, number][], itemsize: number): DType {
  return structDType(
    fields.map(([name, code, offset]) => {
      const stored = typeof code === "string"
        ? numpyDType(code)
        : { dtype: code, byteOrder: "big" as const };
      return { name, title: null, offset, ...stored };
    }),
    itemsize,
  );
}

/** Three elements of the bytes 1, 2, 3 …, as `truth.py` makes them, then fixed. */
function fixed(dtype: DType): string {
  const bytes = Uint8Array.from({ length: 3 * dtype.itemsize }, (_, i) => i + 1);
  blockFix(dtype, false, false)?.(bytes);
  return toHex(bytes);
}

test("swapWords() turns words of every width round", () => {
  for (const word of [2, 4, 8, 16]) {
    const bytes = Uint8Array.from({ length: 2 * word }, (_, i) => i);
    swapWords(bytes, word);
    const wanted = Array.from({ length: word }, (_, i) => word - 1 - i);
    assert.deepEqual(Array.from(bytes), [...wanted, ...wanted.map((byte) => byte + word)]);
  }
});

// The hexadecimal is numpy's, from truth.py.
test("blockFix() swaps fields and clears padding", () => {
  const aligned = struct([["a", "i1", 0], ["b", ">f8", 8]], 16);
  assert.equal(
    fixed(aligned),
    "0100000000000000100f0e0d0c0b0a091100000000000000201f1e1d1c1b1a19" +
      "2100000000000000302f2e2d2c2b2a29",
  );
});

test("blockFix() goes into subarrays and structures in structures", () => {
  const inner = struct([["x", "<i2", 0], ["y", "?", 2]], 3);
  const nested = struct([
    ["id", "<u4", 0],
    ["pos", subarrayDType(type("float32"), [2]), 4],
    ["in", subarrayDType(inner, [3]), 12],
    ["s", "S3", 21],
  ], 24);
  assert.equal(
    fixed(nested),
    "01020304080706050c0b0a090d0e0f101112131415161718191a1b1c201f1e1d" +
      "2423222125262728292a2b2c2d2e2f3031323334383736353c3b3a393d3e3f404142434445464748",
  );
});

test("blockFix() takes overlapping fields in their order", () => {
  const overlap = struct([["a", "<u4", 0], ["b", ">u2", 1]], 8);
  assert.equal(fixed(overlap), "0103020400000000090b0a0c000000001113121400000000");
});

test("blockFix() has nothing to do for what is as it is meant", () => {
  assert.equal(blockFix(type("float32"), true, false), null);
  assert.equal(blockFix(struct([["a", "<i4", 0], ["b", "<i4", 4]], 8), false, false), null);
});

test("blockFix() applies torch's lazy signs", () => {
  const numbers = (dtype: string, conj: boolean, neg: boolean) => {
    const values = new Float32Array([1, 2, 0, -4]);
    blockFix(type(dtype), conj, neg)?.(bytesOf(values));
    return Array.from(values);
  };
  assert.deepEqual(numbers("complex64", true, false), [1, -2, 0, 4]);
  assert.deepEqual(numbers("complex64", false, true), [-1, -2, -0, 4]);
  assert.deepEqual(numbers("complex64", true, true), [-1, 2, -0, -4]);
  assert.deepEqual(numbers("float32", false, true), [-1, -2, -0, 4]);
  const integers = new Int16Array([1, -300, 0, -32768]);
  blockFix(type("int16"), false, true)?.(bytesOf(integers));
  assert.deepEqual(Array.from(integers), [-1, 300, 0, -32768]);
  assert.throws(() => blockFix(type("bool"), false, true), { code: "unsupported" });
});
