import assert from "node:assert/strict";
import { test } from "node:test";
import { dtypeByName, DTYPES, halfOf, isReal, sameDType } from "../../src/tensor/dtype.ts";
import { numpyDType } from "../../src/tensor/numpy_dtype.ts";
import { type } from "./patterns.ts";

/** torch 2.13: every dtype a storage can have, with its `itemsize`. */
const TORCH: Readonly<Record<string, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  complex128: 16,
  complex64: 8,
  complex32: 4,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
  qint8: 1,
  quint8: 1,
  qint32: 4,
  quint4x2: 0.5,
  quint2x4: 0.25,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8_e4m3fnuz: 1,
  float8_e5m2fnuz: 1,
  float8_e8m0fnu: 1,
  float4_e2m1fn_x2: 1,
  bits8: 1,
  bits16: 2,
  bits1x8: 1,
  bits2x4: 1,
  bits4x2: 1,
};

/** safetensors 0.8's own names, with the bits of its README. */
const SAFETENSORS: Readonly<Record<string, number>> = {
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
};

test("dtypeByName() knows every dtype of torch and safetensors", () => {
  for (const [name, itemsize] of Object.entries(TORCH)) {
    assert.equal(dtypeByName(name)?.itemsize, itemsize, name);
  }
  for (const [name, bits] of Object.entries(SAFETENSORS)) {
    assert.equal(dtypeByName(name)?.bits, bits, name);
  }
  assert.equal(dtypeByName("float128")?.itemsize, 16);
  assert.equal(dtypeByName("__proto__"), undefined);
  assert.equal(dtypeByName("constructor"), undefined);
});

test("DTYPES swaps complex numbers by their halves", () => {
  // torch swaps a big-endian storage by element_size, complex by half of it.
  for (const dtype of DTYPES.values()) {
    const half = halfOf(dtype);
    const wanted = dtype.objects || dtype.bits <= 8 ? 1 : (half ?? dtype).itemsize;
    assert.equal(dtype.word, wanted, dtype.name);
    assert.equal(half !== null, dtype.kind === "complex", dtype.name);
  }
});

test("DTYPES has numpy's codes", () => {
  for (const dtype of DTYPES.values()) {
    if (dtype.numpy !== null) assert.equal(numpyDType(dtype.numpy).dtype, dtype);
  }
});

test("sameDType() sees through safetensors' names", () => {
  assert.ok(sameDType(type("F8_E4M3"), type("float8_e4m3fn")));
  assert.ok(sameDType(type("F8_E8M0"), type("float8_e8m0fnu")));
  assert.ok(!sameDType(type("F4"), type("float4_e2m1fn_x2")));
  assert.ok(!sameDType(type("F8_E5M2"), type("F8_E4M3")));
});

test("isReal() is about numbers in a line", () => {
  const real = ["float32", "int64", "uint8", "bool", "qint8", "F4"];
  const other = ["complex64", "object", "bits8"];
  assert.deepEqual(real.filter((name) => !isReal(type(name))), []);
  assert.deepEqual(other.filter((name) => isReal(type(name))), []);
});
