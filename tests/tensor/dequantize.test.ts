import assert from "node:assert/strict";
import { test } from "node:test";
import { PyFloat } from "../../src/pickle/values.ts";
import type { PyValue } from "../../src/pickle/values.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import type { TensorInit } from "../../src/tensor/tensor.ts";
import { bytesOf, type } from "./patterns.ts";

/** A tensor over an array. */
function tensor(dtype: string, shape: number[], array: ArrayBufferView, more = {}): Tensor {
  const storage = bytesStorage(bytesOf(array));
  return new Tensor({ dtype: type(dtype), shape, storage, ...more });
}

/** What makes a tensor a quantized one. */
function quantized(
  details: readonly [string, PyValue][],
  scales?: Tensor,
  zeros?: Tensor,
): Partial<TensorInit> {
  const parts = scales && zeros
    ? { parts: new Map([["scales", scales], ["zero_points", zeros]]) }
    : {};
  return { layout: "quantized", details: new Map(details), ...parts };
}

// The numbers are those of torch 2.13's dequantize(), from truth.py.
test("toFloat32() dequantizes per tensor", () => {
  const integers = Int8Array.of(-27, -20, -12, -4, 3, 10, 18, 26, 33);
  const more = quantized([["scale", 0.1], ["zero_point", 3]]);
  assert.deepEqual(
    Array.from(tensor("qint8", [9], integers, more).toFloat32()),
    [
      -3,
      -2.299999952316284,
      -1.5,
      -0.699999988079071,
      0,
      0.699999988079071,
      1.5,
      2.299999952316284,
      3,
    ],
  );
});

const INTEGERS = Int8Array.of(-29, -13, -30, -6, -2, 15, 16, 9, 60);
const SCALES = tensor("float64", [3], new Float64Array([0.1, 0.2, 0.05]));
const ZEROS = tensor("int64", [3], new BigInt64Array([1n, -2n, 0n]));

test("toFloat32() dequantizes per channel", () => {
  const more = quantized([["axis", 1]], SCALES, ZEROS);
  assert.deepEqual(
    Array.from(tensor("qint8", [3, 3], INTEGERS, more).toFloat32()),
    [-3, -2.200000047683716, -1.5, -0.699999988079071, 0, 0.75, 1.5, 2.200000047683716, 3],
  );
});

test("toFloat32() dequantizes packed integers with float zero points", () => {
  const scales = tensor("float32", [2], new Float32Array([0.1, 0.2]));
  const zeros = tensor("float32", [2], new Float32Array([0.5, 1.5]));
  const more = quantized([["axis", 0]], scales, zeros);
  const packed = tensor("quint4x2", [2, 3], Uint8Array.of(98, 206, 15, 109), more);
  const wanted = [
    [0.15000000596046448, 0.550000011920929, 1.350000023841858],
    [2.1000001430511475, 2.700000047683716, -0.30000001192092896],
  ];
  assert.deepEqual(Array.from(packed.toFloat32()), wanted.flat());
  assert.deepEqual(packed.toJS(), wanted);
  assert.deepEqual(packed.data, Uint8Array.of(98, 206, 15, 109));
});

test("toFloat32() takes a whole float for a scale", () => {
  const more = quantized([["scale", new PyFloat(2)], ["zero_point", 1]]);
  assert.deepEqual(Array.from(tensor("quint8", [2], Uint8Array.of(0, 3), more).toFloat32()), [
    -2,
    4,
  ]);
});

test("toFloat32() refuses scales that don't fit the axis", () => {
  const read = (more: Partial<TensorInit>) => tensor("qint8", [9], INTEGERS, more).toFloat32();
  assert.throws(() => read(quantized([["axis", 0]], SCALES, ZEROS)), { code: "corrupt" });
  assert.throws(() => read(quantized([["axis", 5]], SCALES, ZEROS)), { code: "corrupt" });
  assert.throws(() => read(quantized([])), { code: "corrupt" });
});
