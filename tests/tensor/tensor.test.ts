import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesSource } from "../../src/io/source.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { Storage } from "../../src/tensor/storage.ts";
import { Tensor, withParts } from "../../src/tensor/tensor.ts";
import { bytesOf, mix, type } from "./patterns.ts";

test("Tensor() is refused if it reaches beyond its storage", () => {
  const storage = bytesStorage(new Uint8Array(400), "3");
  assert.throws(() => new Tensor({ dtype: type("float32"), shape: [128], storage, name: "a.b" }), {
    code: "corrupt",
    message: 'Tensor "a.b" reaches byte 512 of storage 3, which has 400',
  });
});

test("Tensor.nbytes counts without gaps", () => {
  const storage = bytesStorage(new Uint8Array(64));
  const tensor = new Tensor({ dtype: type("float32"), shape: [2, 2], stride: [8, 1], storage });
  assert.deepEqual([tensor.numel, tensor.nbytes, tensor.isContiguous], [4, 16, false]);
  const packed = new Tensor({ dtype: type("F6_E3M2"), shape: [2, 4], storage });
  assert.deepEqual([packed.numel, packed.nbytes], [8, 6]);
  const meta = new Tensor({ dtype: type("bfloat16"), shape: [3, 4] });
  assert.equal(meta.nbytes, 24);
});

test("Tensor.order is numpy's", () => {
  const order = (shape: number[], stride: number[]) =>
    new Tensor({ dtype: type("int8"), shape, stride }).order;
  assert.equal(order([2, 3], [3, 1]), "C");
  assert.equal(order([2, 3], [1, 2]), "F");
  assert.equal(order([3], [1]), "C");
  // pa-korder-p5.pkl of the corpus
  assert.equal(order([3, 2, 4], [4, 12, 1]), "K");
});

test("Tensor.data has to be loaded first", async () => {
  const source = bytesSource(bytesOf(new Float32Array([1, 2])));
  const storage = new Storage({ id: "0", nbytes: 8, source });
  const tensor = new Tensor({ dtype: type("float32"), shape: [2], storage });
  assert.equal(tensor.isLoaded, false);
  assert.throws(() => tensor.data, { code: "not-loaded", hint: "await tensor.load() first" });
  assert.throws(() => tensor.toFloat32(), { code: "not-loaded" });
  assert.throws(() => tensor.toJS(), { code: "not-loaded" });
  assert.equal(await tensor.load(), tensor);
  assert.equal(tensor.isLoaded, true);
  assert.deepEqual(tensor.data, new Float32Array([1, 2]));
});

test("Tensor.data is the storage's memory where it can be", () => {
  const memory = bytesOf(mix(16));
  const storage = bytesStorage(memory);
  const view = new Tensor({ dtype: type("int32"), shape: [4], offset: 2, storage });
  assert.equal(view.data.buffer, memory.buffer);
  assert.equal(view.data.byteOffset, 8);
  const odd = bytesStorage(memory.subarray(1, 61));
  const unaligned = new Tensor({ dtype: type("int32"), shape: [15], storage: odd });
  assert.notEqual(unaligned.data.buffer, memory.buffer);
  assert.deepEqual(bytesOf(unaligned.data), memory.slice(1, 61));
});

test("Tensor.data gathers, swaps lazily set signs, and leaves the storage alone", () => {
  const values = new Float32Array([1, 2, 3, 4, 5, 6]);
  const storage = bytesStorage(bytesOf(values));
  const init = { dtype: type("float32"), shape: [3, 2], stride: [1, 3], storage };
  const tensor = new Tensor(init);
  tensor.neg = true;
  assert.deepEqual(tensor.data, new Float32Array([-1, -4, -2, -5, -3, -6]));
  assert.deepEqual(Array.from(values), [1, 2, 3, 4, 5, 6]);
});

test("Tensor.data is the typed array that fits", () => {
  const half = "Float16Array" in globalThis ? "Float16Array" : "Uint16Array";
  const wanted: Readonly<Record<string, string>> = {
    float64: "Float64Array",
    float32: "Float32Array",
    float16: half,
    bfloat16: "Uint16Array",
    float8_e4m3fn: "Uint8Array",
    float128: "Uint8Array",
    complex128: "Float64Array",
    complex64: "Float32Array",
    complex32: half,
    int64: "BigInt64Array",
    int8: "Int8Array",
    uint64: "BigUint64Array",
    uint16: "Uint16Array",
    bool: "Uint8Array",
    qint8: "Int8Array",
    quint8: "Uint8Array",
    qint32: "Int32Array",
    bits16: "Uint16Array",
    bits1x8: "Uint8Array",
  };
  for (const [name, array] of Object.entries(wanted)) {
    const dtype = type(name);
    const storage = bytesStorage(new Uint8Array(2 * dtype.itemsize));
    const { data } = new Tensor({ dtype, shape: [2], storage });
    assert.equal(data.constructor.name, array, name);
    assert.equal(data.byteLength, 2 * dtype.itemsize, name);
  }
});

test("Tensor.toFloat32() reads every real type", () => {
  const read = (dtype: string, array: ArrayBufferView, shape: number[]) =>
    Array.from(
      new Tensor({ dtype: type(dtype), shape, storage: bytesStorage(bytesOf(array)) }).toFloat32(),
    );
  assert.deepEqual(read("float64", new Float64Array([0.1]), [1]), [Math.fround(0.1)]);
  assert.deepEqual(read("float16", new Uint16Array([0x3c00, 0x8001]), [2]), [1, -(2 ** -24)]);
  assert.deepEqual(read("uint64", new BigUint64Array([2n ** 64n - 1n]), [1]), [2 ** 64]);
  assert.deepEqual(read("float8_e8m0fnu", Uint8Array.of(127, 1), [2]), [1, 2 ** -126]);
  assert.deepEqual(read("float4_e2m1fn_x2", Uint8Array.of(0x72), []), [1, 6]);
  assert.throws(() => read("complex64", new Float32Array(2), [1]), { code: "unsupported" });
});

test("Tensor.bytes() refuses a giant before it allocates", () => {
  const storage = bytesStorage(new Uint8Array(4));
  const giant = new Tensor({ dtype: type("float32"), shape: [2 ** 40], stride: [0], storage });
  for (const read of [() => giant.bytes(), () => giant.data, () => giant.toFloat32()]) {
    assert.throws(read, { code: "limit" });
  }
  assert.throws(() => giant.bytes({ maxElements: 2 ** 40 }), { code: "limit", hint: /chunks\(\)/ });
  const small = new Tensor({ dtype: type("float32"), shape: [3], stride: [0], storage });
  assert.equal(small.bytes().length, 12);
  assert.throws(() => small.bytes({ maxElements: 2 }), { code: "limit" });
});

test("Tensor.load() loads the parts, also of parts, each once", async () => {
  let reads = 0;
  const part = () => {
    const source = bytesSource(new Uint8Array(4));
    const locate = () => {
      reads++;
      return Promise.resolve({ source, offset: 0 });
    };
    const storage = new Storage({ id: "0", nbytes: 4, locate });
    return new Tensor({ dtype: type("float32"), shape: [1], storage });
  };
  const values = part();
  const dtype = type("float32");
  const sparse = new Tensor({
    dtype,
    shape: [9],
    layout: "sparse_coo",
    parts: new Map([["indices", part()], ["values", values]]),
  });
  const parts = new Map([["local", sparse], ["again", values]]);
  const outer = new Tensor({ dtype, shape: [9], layout: "dtensor", parts });
  await outer.load();
  assert.equal(reads, 2);
  assert.equal(outer.isLoaded, true);
  assert.equal(outer.nbytes, 8);
  assert.equal(withParts(outer).size, 4);
});

test("Tensor.data of parts, objects and nothing says so", () => {
  const values = new Tensor({ dtype: type("float32"), shape: [1] });
  const parts = new Map([["values", values]]);
  const dtype = type("float32");
  const sparse = new Tensor({ dtype, shape: [9], layout: "sparse_coo", parts });
  assert.throws(() => sparse.data, { code: "unsupported", hint: "read its parts: values" });
  assert.throws(() => values.data, { code: "unsupported" });
  const objects = new Tensor({ dtype: type("object"), shape: [2], elements: [1, "a"] });
  assert.throws(() => objects.data, { code: "unsupported", hint: "read its elements" });
  assert.throws(() => new Tensor({ dtype: type("object"), shape: [3], elements: [1] }), {
    code: "corrupt",
  });
});
