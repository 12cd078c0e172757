import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveStateDict } from "../../src/checkpoint/save.ts";
import { compareCheckpoints } from "../../src/edit/compare.ts";
import type { Tolerance } from "../../src/edit/compare.ts";
import { memorySink } from "../../src/io/sink.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const floats = (...values: number[]) => tensorFrom(new Float32Array(values), [values.length]);

async function differences(
  a: Record<string, Tensor>,
  b: Record<string, Tensor>,
  tolerance: Tolerance = {},
) {
  const [first, second] = await Promise.all([a, b].map(async (tensors) => {
    const sink = memorySink();
    await saveStateDict(sink, new Map(Object.entries(tensors)), { format: "pt" });
    return await openCheckpoint(sink.bytes());
  }));
  const found = [];
  for await (const one of compareCheckpoints(first!, second!, tolerance)) found.push(one);
  return found;
}

test("compareCheckpoints() tells what was added, removed, reshaped and recast", async () => {
  const a = { gone: floats(1), shape: floats(1, 2), type: floats(1, 2), same: floats(5) };
  const b = {
    shape: tensorFrom(new Float32Array([1, 2]), [2, 1]),
    type: tensorFrom(new Float64Array([1, 2]), [2]),
    same: floats(5),
    more: floats(1),
  };
  assert.deepEqual(await differences(a, b), [
    { kind: "removed", name: "gone" },
    { kind: "reshaped", name: "shape", from: [2], to: [2, 1] },
    { kind: "recast", name: "type", from: "float32", to: "float64", distance: null },
    { kind: "added", name: "more" },
  ]);
});

test("compareCheckpoints() measures a change", async () => {
  const [changed] = await differences({ w: floats(3, 4, 0) }, { w: floats(3, 4, 5) });
  assert.ok(changed?.kind === "changed" && changed.distance);
  // |b - a| = 5 beside |a| = 5; the cosine is 25 / (5 · √50).
  assert.equal(changed.distance.maxAbs, 5);
  assert.equal(changed.distance.relative, 1);
  assert.ok(Math.abs(changed.distance.cosine! - 25 / (5 * Math.sqrt(50))) < 1e-12);
  assert.equal(changed.distance.count, 1);
});

test("compareCheckpoints() allows what the tolerance allows", async () => {
  const [a, b] = [{ w: floats(100, 1) }, { w: floats(100.5, 1) }];
  assert.equal((await differences(a, b, { atol: 0.5 })).length, 0);
  assert.equal((await differences(a, b, { rtol: 0.01 })).length, 0);
  assert.equal((await differences(a, b, { atol: 0.4 })).length, 1);
});

test("compareCheckpoints() calls NaN equal to NaN, and not to a number", async () => {
  assert.deepEqual(await differences({ w: floats(NaN, 1) }, { w: floats(NaN, 1) }), []);
  const [changed] = await differences({ w: floats(NaN) }, { w: floats(1) }, { atol: 1e9 });
  assert.ok(changed?.kind === "changed");
  assert.equal(changed.distance!.maxAbs, Infinity);
});
