import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherer } from "../../src/tensor/gather.ts";
import { planRuns } from "../../src/tensor/strides.ts";
import { readWindows } from "../../src/tensor/windows.ts";
import { bytesOf, digest, mix } from "./patterns.ts";
import { TORCH_VIEWS } from "./views.ts";

/** Reads a view of the test's memory in windows; says what it took. */
async function readView(
  shape: readonly number[],
  stride: readonly number[],
  memory: Uint8Array,
  windowBytes: number,
): Promise<{ bytes: Uint8Array; reads: number; most: number; windows: number }> {
  const out = new Uint8Array(4 * shape.reduce((product, size) => product * size, 1));
  const counts = { reads: 0, most: 0, windows: 0 };
  let filled = 0;
  const windows = readWindows(shape, stride, 4, (start, target) => {
    counts.reads++;
    assert.ok(start + target.length <= memory.length);
    target.set(memory.subarray(start, start + target.length));
    return Promise.resolve();
  }, windowBytes);
  for await (const window of windows) {
    counts.windows++;
    counts.most = Math.max(counts.most, window.memory.length);
    const source = gatherer(planRuns(window.shape, window.stride), 4, window.memory, 0);
    filled += source.fill(out.subarray(filled));
  }
  assert.equal(filled, out.length);
  return { bytes: out, ...counts };
}

for (const view of TORCH_VIEWS) {
  test(`readWindows() reads "${view.name}" through windows of any size`, async () => {
    const memory = bytesOf(mix(5040)).subarray(4 * view.offset);
    for (const windowBytes of [4, 64, 1000, 10_000, 1 << 20]) {
      const { bytes, most } = await readView(view.shape, view.stride, memory, windowBytes);
      assert.equal(digest(bytes), view.sha256, `${windowBytes}`);
      assert.ok(most <= windowBytes, `${most} bytes in a window of ${windowBytes}`);
    }
  });
}

test("readWindows() reads a column-major matrix in long runs", async () => {
  // 4 MB in windows of 256 KiB: 100 columns of at most 655 rows each, so 16 windows of 100 reads.
  const [rows, columns] = [10_000, 100];
  const memory = bytesOf(mix(rows * columns));
  const { reads, windows } = await readView([rows, columns], [1, rows], memory, 256 << 10);
  assert.ok(windows <= 32, `${windows} windows`);
  assert.ok(reads <= windows * columns, `${reads} reads`);
});

test("readWindows() reads small things at once and expanded ones once", async () => {
  const memory = bytesOf(mix(5040));
  assert.equal((await readView([84, 60], [1, 84], memory, 1 << 20)).reads, 1);
  assert.equal((await readView([1000, 12], [0, 1], memory, 1 << 20)).reads, 1);
  // Every second element of a row: the gaps are read along.
  assert.equal((await readView([2520], [2], memory, 1 << 20)).reads, 1);
});

test("readWindows() jumps over what isn't wanted", async () => {
  // Ten elements a megabyte apart.
  const memory = new Uint8Array(10 << 20);
  const { reads, most } = await readView([10], [1 << 18], memory, 16 << 20);
  assert.deepEqual([reads, most], [10, 40]);
});
