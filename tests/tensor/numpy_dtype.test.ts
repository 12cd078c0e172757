import assert from "node:assert/strict";
import { test } from "node:test";
import type { DType, Field } from "../../src/tensor/dtype.ts";
import {
  describeDType,
  numpyDType,
  structDType,
  subarrayDType,
  timeDType,
} from "../../src/tensor/numpy_dtype.ts";

/** A field by numpy's code. */
function field(name: string, code: string | DType, offset: number, title?: string): Field {
  const { dtype, byteOrder } = typeof code === "string"
    ? numpyDType(code)
    : { dtype: code, byteOrder: "little" as const };
  return { name, title: title ?? null, dtype, offset, byteOrder };
}

test("numpyDType() reads codes as numpy does", () => {
  // code, name by the corpus' rule (numpy's `name`, for S U V its `str`), itemsize of numpy 2.4
  const codes: readonly [code: string, name: string, itemsize: number, big?: boolean][] = [
    ["<f4", "float32", 4],
    [">i2", "int16", 2, true],
    ["|S3", "|S3", 3],
    ["a4", "|S4", 4],
    ["<U5", "<U5", 20],
    [">U2", "<U2", 8, true],
    ["S0", "|S0", 0],
    ["|V3", "|V3", 3],
    ["V", "|V0", 0],
    ["M8[ns]", "datetime64[ns]", 8],
    ["<m8", "timedelta64", 8],
    ["M8[25us]", "datetime64[25us]", 8],
    ["M8[1s]", "datetime64[s]", 8],
    [">M8[D]", "datetime64[D]", 8, true],
    ["f16", "float128", 16],
    ["c32", "complex256", 32],
    ["?", "bool", 1],
    ["b1", "bool", 1],
    ["=f8", "float64", 8],
    [">i1", "int8", 1],
    ["|O", "object", 8],
    ["O8", "object", 8],
  ];
  for (const [code, name, itemsize, big = false] of codes) {
    const { dtype, byteOrder } = numpyDType(code);
    assert.deepEqual([dtype.name, dtype.itemsize], [name, itemsize], code);
    assert.equal(byteOrder, big ? "big" : "little", code);
  }
});

test("numpyDType() refuses what numpy does", () => {
  // numpy.dtype of each raises TypeError.
  const codes = ["", "f3", "<x4", "f4f4", "M4", "M8[x]", "f4[ns]", "O3", "<f4\n"];
  for (const code of codes) assert.throws(() => numpyDType(code), { code: "corrupt" }, code);
  assert.throws(() => numpyDType("<U9999999999999999"), { code: "corrupt" });
});

test("describeDType() writes numpy's descr", () => {
  // Expected: the `descr` of numpy 2.4, as the corpus' files jl-struct and np-aligned have it.
  const aligned = structDType(
    [field("a", "i1", 0), field("b", "f8", 8), field("c", "<i2", 16)],
    24,
  );
  assert.deepEqual(describeDType(aligned), [
    ["a", "|i1"],
    ["", "|V7"],
    ["b", "<f8"],
    ["c", "<i2"],
    ["", "|V6"],
  ]);
  const inner = structDType([field("x", "<i2", 0), field("y", "|b1", 2)], 3);
  const nested = structDType([
    field("id", "<u4", 0),
    field("pos", subarrayDType(numpyDType("<f4").dtype, [2]), 4),
    field("name", "|S3", 12),
    field("in", inner, 15),
  ], 18);
  assert.deepEqual(describeDType(nested), [
    ["id", "<u4"],
    ["pos", "<f4", [2]],
    ["name", "|S3"],
    ["in", [["x", "<i2"], ["y", "|b1"]]],
  ]);
  const titled = structDType([field("f0", "<i4", 0, "a title"), field("f1", "<i4", 4)], 8);
  assert.deepEqual(describeDType(titled), [[["a title", "f0"], "<i4"], ["f1", "<i4"]]);
});

test("describeDType() gives overlapping fields by their offsets", () => {
  const overlap = structDType([field("a", "<u4", 0), field("b", ">u2", 1)], 8);
  const wanted = { names: ["a", "b"], formats: ["uint32", "uint16"], offsets: [0, 1], itemsize: 8 };
  assert.deepEqual(describeDType(overlap), wanted);
});

test("describeDType() tells how fields are stored if asked", () => {
  const mixed = structDType([field("a", ">i4", 0), field("b", "<f8", 4)], 12);
  assert.deepEqual(describeDType(mixed), [["a", "<i4"], ["b", "<f8"]]);
  assert.deepEqual(describeDType(mixed, true), [["a", ">i4"], ["b", "<f8"]]);
  assert.equal(mixed.bigFields, true);
});

test("subarrayDType() joins a subarray of a subarray", () => {
  // numpy: dtype((dtype(("f4", (2,))), (3,))) is (("<f4", (2,)), (3,)) with descr ("<f4", (3, 2)).
  const inner = subarrayDType(numpyDType("<f4").dtype, [2]);
  const outer = subarrayDType(inner, [3]);
  assert.deepEqual([outer.shape, outer.itemsize], [[3, 2], 24]);
});

test("structDType() refuses fields that don't fit", () => {
  assert.throws(() => structDType([field("a", "<i4", 2)], 4), {
    code: "corrupt",
    message: 'Field "a" lies at 2 with 4 bytes, its dtype has 4',
  });
  assert.throws(() => structDType([field("a", "<i4", -1)], 4), { code: "corrupt" });
  assert.throws(() => structDType([], -1), { code: "corrupt" });
  assert.throws(() => subarrayDType(numpyDType("f8").dtype, [2 ** 26, 2 ** 26]), {
    code: "corrupt",
  });
  assert.throws(() => subarrayDType(numpyDType("f8").dtype, [-1]), { code: "corrupt" });
});

test("structDType() stops at structures that share themselves to billions", () => {
  let dtype = structDType([field("a", "|i1", 0), field("b", "|i1", 1)], 2);
  assert.throws(() => {
    for (let i = 0; i < 40; i++) {
      const { itemsize } = dtype;
      dtype = structDType([field("a", dtype, 0), field("b", dtype, itemsize)], 2 * itemsize);
    }
  }, { code: "limit" });
  let deep = structDType([field("a", "|i1", 0)], 1);
  assert.throws(() => {
    for (let i = 0; i < 40; i++) deep = structDType([field("a", deep, 0)], 1);
  }, { code: "limit" });
});

test("timeDType() knows numpy's units", () => {
  for (const unit of ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]) {
    assert.equal(timeDType("datetime", unit).name, `datetime64[${unit}]`);
  }
  assert.equal(timeDType("timedelta", "generic").numpy, "<m8");
  assert.throws(() => timeDType("datetime", "year"), { code: "corrupt" });
});
