import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherer } from "../../src/tensor/gather.ts";
import { planRuns } from "../../src/tensor/strides.ts";
import { bytesOf, digest, mix } from "./patterns.ts";
import { TORCH_VIEWS } from "./views.ts";

const MEMORY = bytesOf(mix(5040));

for (const view of TORCH_VIEWS) {
  test(`gatherer() copies "${view.name}" through buffers of any size`, () => {
    const total = view.shape.reduce((product, size) => product * size, 1);
    for (const elements of [1, 3, 16, 1000, total]) {
      const source = gatherer(planRuns(view.shape, view.stride), 4, MEMORY, 4 * view.offset);
      const whole = new Uint8Array(4 * total);
      let filled = 0;
      while (filled < whole.length) {
        const room = whole.subarray(filled, Math.min(whole.length, filled + 4 * elements));
        const length = source.fill(room);
        assert.equal(length, room.length);
        filled += length;
      }
      assert.equal(source.fill(new Uint8Array(4)), 0);
      assert.equal(digest(whole), view.sha256, `${elements} elements`);
    }
  });
}

test("gatherer() copies elements of every size, wherever they lie", () => {
  for (const size of [1, 2, 3, 4, 6, 8, 12, 16]) {
    for (const first of [0, 1, 2, 4]) {
      const memory = Uint8Array.from({ length: first + 6 * size }, (_, i) => i);
      const out = new Uint8Array(6 * size);
      gatherer(planRuns([2, 3], [1, 2]), size, memory, first).fill(out);
      // The transpose of three rows of two elements.
      const wanted = [0, 2, 4, 1, 3, 5].flatMap((element) =>
        Array.from({ length: size }, (_, i) => first + element * size + i)
      );
      assert.deepEqual(Array.from(out), wanted, `size ${size} at ${first}`);
    }
  }
});

test("gatherer() leaves the bits of NaNs alone", () => {
  const bits = new BigUint64Array([0x7ff0000000000001n, 1n, 0xfff8dead00000000n, 2n]);
  const out = new BigUint64Array(2);
  gatherer(planRuns([2], [2]), 8, bytesOf(bits), 0).fill(bytesOf(out));
  assert.deepEqual(Array.from(out), [0x7ff0000000000001n, 0xfff8dead00000000n]);
});
