import assert from "node:assert/strict";
import { test } from "node:test";
import { checkReach, checkView, packedBytes } from "../../src/tensor/check.ts";
import { type } from "./patterns.ts";

const F32 = type("float32");

test("checkReach() says how far a tensor reaches and what is there", () => {
  const view = { dtype: F32, shape: [128], stride: [1], offset: 0 };
  assert.throws(() => checkReach(view, { id: "3", nbytes: 400 }, "a.b"), {
    code: "corrupt",
    message: 'Tensor "a.b" reaches byte 512 of storage 3, which has 400',
  });
  checkReach(view, { id: "3", nbytes: 512 });
});

test("checkReach() isn't fooled by products that wrap round", () => {
  const storage = { id: "0", nbytes: 16 };
  const wraps = { dtype: F32, shape: [2 ** 31, 2 ** 31], stride: [2 ** 33, 2 ** 33], offset: 0 };
  assert.throws(() => checkReach(wraps, storage), { code: "corrupt" });
  const far = { dtype: F32, shape: [2], stride: [1], offset: 2 ** 62 };
  assert.throws(() => checkReach(far, storage), { code: "corrupt" });
});

test("checkReach() lets stride 0 and empty tensors be", () => {
  // Both load in torch: giant_expand.pt and empty_shapes.pt of the corpus.
  checkReach({ dtype: F32, shape: [2 ** 40], stride: [0], offset: 0 }, { id: "0", nbytes: 4 });
  checkReach({ dtype: F32, shape: [0, 9], stride: [9, 99], offset: 99 }, { id: "0", nbytes: 0 });
});

test("checkView() refuses sizes, strides and offsets that can't be", () => {
  const view = { dtype: F32, shape: [2, 3], stride: [3, 1], offset: 0 };
  const cases = [
    { shape: [2, -3] },
    { shape: [2, 1.5] },
    { shape: [2, NaN] },
    { stride: [3, -1] },
    { stride: [1] },
    { offset: -1 },
    { offset: 0.5 },
  ];
  checkView(view);
  for (const change of cases) {
    assert.throws(() => checkView({ ...view, ...change }), { code: "corrupt" });
  }
});

test("checkView() refuses more than can be counted", () => {
  const giant = { dtype: F32, shape: [2 ** 32, 2 ** 32], stride: [0, 0], offset: 0 };
  assert.throws(() => checkView(giant), { code: "limit" });
  const deep = { dtype: F32, shape: Array(65).fill(1), stride: Array(65).fill(1), offset: 0 };
  assert.throws(() => checkView(deep), { code: "limit" });
  // A size beyond 2^53 is legal where there are no elements: st-huge-dim0.safetensors.
  checkView({ dtype: F32, shape: [0, 2 ** 62], stride: [2 ** 62, 1], offset: 0 });
});

test("packedBytes() counts as torch and safetensors do", () => {
  // torch 2.13 gives a quint4x2 of [3, 7] 12 bytes, a quint2x4 6.
  assert.equal(packedBytes(type("quint4x2"), [3, 7]), 12);
  assert.equal(packedBytes(type("quint2x4"), [3, 7]), 6);
  assert.equal(packedBytes(type("quint4x2"), [4, 8]), 16);
  // The corpus' st-f6 and st-lowbits.
  assert.equal(packedBytes(type("F6_E2M3"), [4]), 3);
  assert.equal(packedBytes(type("F4"), [2, 8]), 8);
});

test("checkReach() refuses packed views between bytes", () => {
  const storage = { id: "0", nbytes: 16 };
  const whole = { dtype: type("quint4x2"), shape: [2, 4], stride: [4, 1], offset: 0 };
  checkReach(whole, storage);
  assert.throws(() => checkReach({ ...whole, offset: 1 }, storage), { code: "unsupported" });
  assert.throws(() => checkReach({ ...whole, stride: [8, 1] }, storage), { code: "unsupported" });
  assert.throws(() => checkReach({ ...whole, offset: 26 }, storage), { code: "corrupt" });
});
