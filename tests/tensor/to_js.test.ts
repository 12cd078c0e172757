import assert from "node:assert/strict";
import { test } from "node:test";
import type { DType } from "../../src/tensor/dtype.ts";
import { numpyDType, structDType, subarrayDType } from "../../src/tensor/numpy_dtype.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import type { TensorJS } from "../../src/tensor/to_js.ts";
import { bytesOf, fromHex, type } from "./patterns.ts";

/** The elements of a tensor over an array. */
function toJS(dtype: DType | string, shape: number[], array: ArrayBufferView): TensorJS {
  const found = typeof dtype === "string" ? type(dtype) : dtype;
  return new Tensor({ dtype: found, shape, storage: bytesStorage(bytesOf(array)) }).toJS();
}

test("toJS() nests as numpy's tolist() does", () => {
  const values = Float64Array.from({ length: 12 }, (_, i) => i / 2);
  assert.deepEqual(toJS("float64", [2, 3, 2], values), [
    [[0, 0.5], [1, 1.5], [2, 2.5]],
    [[3, 3.5], [4, 4.5], [5, 5.5]],
  ]);
  assert.deepEqual(toJS("float64", [], values), 0);
  assert.deepEqual(toJS("float64", [3], values), [0, 0.5, 1]);
  assert.deepEqual(toJS("float64", [2, 0], values), [[], []]);
  assert.deepEqual(toJS("float64", [0, 2], values), []);
});

test("toJS() keeps integers exact", () => {
  const longs = new BigInt64Array([1n, -(2n ** 53n), 2n ** 53n - 1n, 2n ** 53n + 1n]);
  assert.deepEqual(
    toJS("int64", [4], longs),
    [1, -(2n ** 53n), 9007199254740991, 9007199254740993n],
  );
  assert.deepEqual(
    toJS("uint64", [2], new BigUint64Array([2n ** 64n - 1n, 7n])),
    [18446744073709551615n, 7],
  );
});

test("toJS() has booleans, pairs, bytes and times", () => {
  assert.deepEqual(toJS("bool", [3], Uint8Array.of(1, 0, 2)), [true, false, true]);
  assert.deepEqual(toJS("complex64", [2], new Float32Array([1, 2, 3, 4])), [[1, 2], [3, 4]]);
  assert.deepEqual(toJS("complex64", [], new Float32Array([1, 2])), [1, 2]);
  assert.deepEqual(toJS("bits8", [1], Uint8Array.of(9)), [Uint8Array.of(9)]);
  assert.deepEqual(toJS(numpyDType("V2").dtype, [1], Uint8Array.of(1, 2)), [Uint8Array.of(1, 2)]);
  // numpy: array(["2020-01-01", "NaT"], "M8[D]").view("i8")
  const days = new BigInt64Array([18262n, -9223372036854775808n]);
  assert.deepEqual(toJS(numpyDType("M8[D]").dtype, [2], days), [18262, null]);
});

test("toJS() has text without the zeros at its end", () => {
  // numpy: array(["ab", "", "😀x"]).tobytes() and array([b"a\xe9\0b", b""], "S5").tobytes()
  const text = fromHex("6100000062000000000000000000000000f6010078000000");
  assert.deepEqual(toJS(numpyDType("<U2").dtype, [3], text), ["ab", "", "😀x"]);
  const bytes = fromHex("61e90062000000000000");
  assert.deepEqual(toJS(numpyDType("S5").dtype, [2], bytes), ["aé\0b", ""]);
  assert.throws(() => toJS(numpyDType("<U1").dtype, [1], fromHex("00001100")), { code: "corrupt" });
});

test("toJS() has structures as the arrays of their fields", () => {
  const field = (name: string, dtype: DType, offset: number) => ({
    name,
    title: null,
    dtype,
    offset,
    byteOrder: "little" as const,
  });
  // numpy: dtype [("i", "<i2"), ("f", "<f4", (2,)), ("t", "<U2"), ("n", [("b", "?")])]
  const dtype = structDType([
    field("i", type("int16"), 0),
    field("f", subarrayDType(type("float32"), [2]), 2),
    field("t", numpyDType("<U2").dtype, 10),
    field("n", structDType([field("b", type("bool"), 0)], 1), 18),
  ], 19);
  const bytes = fromHex(
    "05000000c03f0000004068000000e90000000100000000000000000000000000000000000000",
  );
  assert.deepEqual(toJS(dtype, [2], bytes), [[5, [1.5, 2], "hé", [true]], [0, [0, 0], "", [
    false,
  ]]]);
});

test("toJS() doubles the last dimension of packed pairs", () => {
  assert.deepEqual(toJS("float4_e2m1fn_x2", [2, 1], Uint8Array.of(0x72, 0x10)), [[1, 6], [0, 0.5]]);
  assert.deepEqual(toJS("float4_e2m1fn_x2", [], Uint8Array.of(0x72)), [1, 6]);
});

test("toJS() hands out Python's objects", () => {
  const elements = [1, "a", null, true];
  const tensor = new Tensor({ dtype: type("object"), shape: [2, 2], elements });
  assert.deepEqual(tensor.toJS(), [[1, "a"], [null, true]]);
});

test("toJS() stops at the limit, of empty arrays and repeated fields too", () => {
  const read = (dtype: DType, shape: number[], stride: number[]) =>
    new Tensor({ dtype, shape, stride, storage: bytesStorage(new Uint8Array(8)) }).toJS();
  assert.throws(() => read(type("float32"), [2 ** 40], [0]), { code: "limit" });
  assert.throws(() => read(type("float32"), [2 ** 40, 0], [0, 1]), { code: "limit" });
  const nothing = subarrayDType(numpyDType("S0").dtype, [2 ** 40]);
  const offset = { name: "a", title: null, offset: 0, byteOrder: "little" as const };
  const dtype = structDType([{ ...offset, dtype: nothing }], 0);
  assert.throws(() => read(dtype, [1], [1]), { code: "limit" });
  const three = new Tensor({
    dtype: type("int8"),
    shape: [3],
    storage: bytesStorage(new Uint8Array(3)),
  });
  assert.throws(() => three.toJS({ maxElements: 2 }), { code: "limit" });
  assert.deepEqual(three.toJS({ maxElements: 3 }), [0, 0, 0]);
});
