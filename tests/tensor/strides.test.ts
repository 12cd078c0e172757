import assert from "node:assert/strict";
import { test } from "node:test";
import {
  contiguousStrides,
  countElements,
  fortranStrides,
  isColumnMajor,
  isRowMajor,
  Odometer,
  planRuns,
  spanOf,
} from "../../src/tensor/strides.ts";

test("contiguousStrides() has torch's strides", () => {
  // torch.empty(shape).stride()
  assert.deepEqual(contiguousStrides([2, 3, 4]), [12, 4, 1]);
  assert.deepEqual(contiguousStrides([2, 0, 4]), [4, 4, 1]);
  assert.deepEqual(contiguousStrides([]), []);
});

test("fortranStrides() has the first dimension run fastest", () => {
  // numpy.empty((2, 3, 4), order="F").strides over the itemsize
  assert.deepEqual(fortranStrides([2, 3, 4]), [1, 2, 6]);
});

test("countElements() doesn't lose a product", () => {
  assert.equal(countElements([2 ** 32, 2 ** 32]), 2 ** 64);
  assert.equal(countElements([0, 2 ** 62]), 0);
  assert.equal(countElements([2 ** 62, 2 ** 62, 0]), 0);
  assert.equal(countElements([]), 1);
});

test("isRowMajor() and isColumnMajor() are numpy's flags", () => {
  // shape, strides, numpy's c_contiguous and f_contiguous
  const views: [number[], number[], boolean, boolean][] = [
    [[2, 3], [3, 1], true, false],
    [[2, 3], [1, 2], false, true],
    [[1, 3], [99, 1], true, true],
    [[3], [2], false, false],
    [[], [], true, true],
    [[0, 3], [7, 5], true, true],
    [[3, 0], [7, 5], true, true],
    [[2, 1, 3], [3, 77, 1], true, false],
  ];
  for (const [shape, stride, row, column] of views) {
    assert.equal(isRowMajor(shape, stride), row, `${shape}`);
    assert.equal(isColumnMajor(shape, stride), column, `${shape}`);
  }
});

test("spanOf() reaches to the last element", () => {
  assert.equal(spanOf([2, 3], [3, 1]), 6);
  assert.equal(spanOf([2 ** 40], [0]), 1);
  assert.equal(spanOf([3, 0], [100, 1]), 0);
});

test("planRuns() joins what lies together", () => {
  assert.deepEqual(planRuns([2, 3, 4], [12, 4, 1]), { run: 24, shape: [], stride: [] });
  assert.deepEqual(planRuns([2, 3, 4], [24, 4, 1]), { run: 12, shape: [2], stride: [24] });
  assert.deepEqual(planRuns([4, 3], [1, 4]), { run: 1, shape: [4, 3], stride: [1, 4] });
  assert.deepEqual(planRuns([5, 1, 4], [0, 9, 1]), { run: 4, shape: [5], stride: [0] });
  assert.deepEqual(planRuns([2, 3, 4], [1, 8, 2]), { run: 1, shape: [2, 12], stride: [1, 2] });
});

test("Odometer() passes every position once, in steps too", () => {
  const positions: number[] = [];
  for (const at = new Odometer([2, 3], [10, 1]); !at.done; at.next()) positions.push(at.position);
  assert.deepEqual(positions, [0, 1, 2, 10, 11, 12]);
  const starts: number[][] = [];
  for (const at = new Odometer([2, 5], [10, 1]); !at.done; at.next(2)) {
    starts.push([...at.index, at.position]);
  }
  assert.deepEqual(starts, [
    [0, 0, 0],
    [0, 2, 2],
    [0, 4, 4],
    [1, 0, 10],
    [1, 2, 12],
    [1, 4, 14],
  ]);
  assert.equal(new Odometer([3, 0], [1, 1]).done, true);
});
