import assert from "node:assert/strict";
import { test } from "node:test";
import { tensorHistogram } from "../../src/tensor/histogram.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { bytesOf, type } from "./patterns.ts";

function histogram(dtype: string, array: ArrayBufferView, [min, max]: number[], bins: number) {
  const found = type(dtype);
  const shape = [array.byteLength / found.itemsize];
  const tensor = new Tensor({ dtype: found, shape, storage: bytesStorage(bytesOf(array)) });
  return tensorHistogram(tensor, min!, max!, bins);
}

// The counts are those of numpy 2.4's `histogram(array, bins)`.
test("tensorHistogram() counts as numpy.histogram does", async () => {
  const squares = Float32Array.from({ length: 1000 }, (_, i) => (i * i) % 101);
  const counts = [88, 78, 140, 79, 39, 79, 80, 39, 60, 139, 80, 99];
  assert.deepEqual(await histogram("float32", squares, [0, 100], 12), counts);
  const few = Float64Array.of(-3.5, -1, 0, 0, 0, 1, 2, 2.5, 7);
  assert.deepEqual(await histogram("float64", few, [-3.5, 7], 5), [1, 4, 3, 0, 1]);
});

test("tensorHistogram() leaves out what isn't finite, and takes any range", async () => {
  const numbers = Float64Array.of(NaN, -1.7e308, Infinity, 1.7e308, -Infinity);
  assert.deepEqual(await histogram("float64", numbers, [-1.7e308, 1.7e308], 4), [1, 0, 0, 1]);
  assert.deepEqual(await histogram("float64", Float64Array.of(5, 5), [5, 5], 3), [2, 0, 0]);
});
