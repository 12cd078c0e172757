import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExact, sameJson, WholeFloat } from "./json.ts";
import { loosePath, numberRepeats, spellings } from "./document.ts";
import { dtypeOfCode } from "./numpy_dtype.ts";
import { contiguousBytes, orderOf } from "./compare_tensors.ts";

test("parseExact() keeps floats, ints and big ints apart", () => {
  assert.deepEqual(parseExact("[1, 1.0, -0.0, 1e3, 0.5, 9007199254740993]"), [
    1,
    new WholeFloat(1),
    new WholeFloat(-0),
    new WholeFloat(1000),
    0.5,
    9007199254740993n,
  ]);
});

test("parseExact() keeps __proto__ a key", () => {
  assert.deepEqual(Object.entries(parseExact(`{"__proto__": 1}`) as object), [["__proto__", 1]]);
});

test("sameJson() tells numbers apart as Python does", () => {
  const same = (a: string, b: string, looseNumbers = false) =>
    sameJson(parseExact(a), parseExact(b), { looseNumbers });
  assert.equal(same("1", "1"), true);
  assert.equal(same("1.0", "1"), false);
  assert.equal(same("1.0", "1", true), true);
  assert.equal(same("-0.0", "0.0", true), false);
  assert.equal(same("9007199254740993", `"9007199254740993"`), true);
  assert.equal(same("9007199254740993", "9007199254740995"), false);
  assert.equal(same(`{"$set": [1, [2]]}`, `{"$set": [[2], 1]}`), true);
  assert.equal(same(`{"$set": [1, 1]}`, `{"$set": [1, 2]}`), false);
  assert.equal(same(`{"$tuple": [1, 2]}`, `{"$tuple": [2, 1]}`), false);
  assert.equal(same(`{"a": 1}`, `{"a": 1, "b": 2}`), false);
});

test("numberRepeats() numbers the later ones", () => {
  assert.deepEqual(numberRepeats(["a", "b", "a", "a"]), ["a", "b", "a~1", "a~2"]);
});

test("loosePath() forgets what the two manuals spell differently", () => {
  assert.equal(loosePath("a~1.b.(1, 'a')"), loosePath("a.b.(1,a)"));
  assert.equal(loosePath("b'raw'"), loosePath("raw"));
  assert.notEqual(loosePath("a~b"), loosePath("a"));
});

test("spellings() follows references above a path", () => {
  const values = new Map<string, unknown>([["b", { $ref: "a" }], ["a.c", { $ref: "" }]]);
  assert.deepEqual(spellings("b.x", values), ["b.x", "a.x"]);
  assert.ok(spellings("b.c.a.x", values).includes("a.x"));
  assert.ok(spellings("a.c.a.c.a.c", values).length <= 60);
});

test("dtypeOfCode() names numpy's codes", () => {
  const codes = ["<f4", ">i8", "|b1", "<c16", "<M8[D]", "<m8[25us]", "|S4", ">U5", "|V3", "|O"];
  assert.deepEqual(codes.map(dtypeOfCode), [
    "float32",
    "int64",
    "bool",
    "complex128",
    "datetime64[D]",
    "timedelta64[25us]",
    "|S4",
    "<U5",
    "|V3",
    "object",
  ]);
});

test("contiguousBytes() knows every size that PyTorch stores", () => {
  // torch.empty(5, dtype=…).untyped_storage().nbytes() of torch 2.13, quint* by their bits.
  const sizes: Record<string, number> = {
    float32: 20,
    bfloat16: 10,
    complex32: 20,
    complex128: 80,
    bool: 5,
    uint16: 10,
    float8_e8m0fnu: 5,
    float4_e2m1fn_x2: 5,
    bits16: 10,
    bits1x8: 5,
    qint32: 20,
    quint4x2: 3,
    quint2x4: 2,
  };
  for (const [dtype, bytes] of Object.entries(sizes)) {
    assert.equal(contiguousBytes(dtype, [5]), bytes, dtype);
  }
});

test("orderOf() knows views without gaps", () => {
  assert.equal(orderOf([2, 3], [3, 1]), "C");
  assert.equal(orderOf([2, 3], [1, 2]), "F");
  assert.equal(orderOf([2, 3], [6, 1]), undefined);
  assert.equal(orderOf([1, 3], [99, 1]), "C");
  assert.equal(orderOf([], []), "C");
  assert.equal(orderOf([4], [0]), undefined);
});
