import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { saveCheckpoint, saveStateDict } from "../../src/checkpoint/save.ts";
import { editCheckpoint } from "../../src/edit/edit.ts";
import type { Edits } from "../../src/edit/edit.ts";
import { mergeCheckpoints } from "../../src/edit/merge.ts";
import { memorySink } from "../../src/io/sink.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { copyTensor } from "../../src/tensor/derive.ts";
import { fixturesDir } from "../support/corpus.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);
const floats = (...values: number[]) => tensorFrom(new Float32Array(values), [values.length]);

/** A .pt file in memory. */
async function archive(tensors: Record<string, Tensor>): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  await saveStateDict(sink, new Map(Object.entries(tensors)), { format: "pt" });
  return sink.bytes();
}

/** Edits a file and reads the result back. */
async function edited(input: string | Uint8Array, edits: Edits): Promise<Map<string, Tensor>> {
  await using checkpoint = await openCheckpoint(input, { inert: true });
  const { checkpoint: result } = await editCheckpoint(checkpoint, edits);
  const sink = memorySink();
  await saveCheckpoint(sink, result, { format: "pt" });
  return await loadStateDict(sink.bytes(), { inert: true });
}

const numbers = (tensors: Map<string, Tensor>) =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensor.toJS()]));

test("editCheckpoint() takes a root and casts floats only", async () => {
  const tensors = await edited(fixture("checkpoint.pt"), { root: "model", dtype: ["bf16"] });
  assert.equal(tensors.get("fc1.weight")!.dtype.name, "bfloat16");
  assert.equal(tensors.get("bn.num_batches_tracked")!.dtype.name, "int64");
});

test("editCheckpoint() lets the last dtype rule that fits count", async () => {
  const tensors = await edited(fixture("checkpoint.pt"), {
    root: "model",
    dtype: ["float16", "bn.*=float64"],
  });
  assert.equal(tensors.get("fc1.weight")!.dtype.name, "float16");
  assert.equal(tensors.get("bn.weight")!.dtype.name, "float64");
});

test("editCheckpoint() counts what a cast loses", async () => {
  await using checkpoint = await openCheckpoint(await archive({ w: floats(1, 1e6, 1e-30, 0) }));
  const { checkpoint: result, casts } = await editCheckpoint(checkpoint, { dtype: ["float16"] });
  await saveCheckpoint(memorySink(), result, { format: "pt" });
  // float16 reaches to 65504 and down to 2^-24.
  assert.deepEqual(casts[0]!.counts, { overflow: 1, underflow: 1 });
});

test("editCheckpoint() strips and adds prefixes where a tensor lies", async () => {
  const input = await archive({ "module.a": floats(1), "module.b": floats(2) });
  assert.deepEqual(numbers(await edited(input, { stripPrefix: ["module."] })), { a: [1], b: [2] });
  const both = await edited(input, { stripPrefix: ["module."], addPrefix: "net." });
  assert.deepEqual([...both.keys()], ["net.a", "net.b"]);
});

test("editCheckpoint() cuts storages to what is looked at", async () => {
  const base = floats(...Array(100).keys());
  const slice = copyTensor(base, { shape: [3], stride: [1], offset: 10 });
  const column = copyTensor(base, { shape: [4], stride: [25], offset: 1 });
  const input = await archive({
    slice,
    other: copyTensor(base, { shape: [2], offset: 14, stride: [1] }),
  });
  const cut = await edited(input, { compact: true });
  assert.deepEqual(numbers(cut), { slice: [10, 11, 12], other: [14, 15] });
  // Both look at one storage still, of the six numbers from 10 to 15.
  assert.equal(cut.get("slice")!.storage, cut.get("other")!.storage);
  assert.equal(cut.get("slice")!.storage!.nbytes, 24);
  const lone = await edited(await archive({ column }), { compact: true });
  assert.deepEqual(numbers(lone), { column: [1, 26, 51, 76] });
  assert.equal(lone.get("column")!.storage!.nbytes, 16);
});

test("editCheckpoint() unties and ties", async () => {
  const one = floats(1, 2);
  const tied = await archive({ a: one, b: copyTensor(one), c: floats(1, 2) });
  const untied = await edited(tied, { untie: true });
  assert.equal(new Set([...untied.values()].map(({ storage }) => storage)).size, 3);
  const again = await edited(tied, { tie: true });
  assert.equal(new Set([...again.values()].map(({ storage }) => storage)).size, 1);
  assert.deepEqual(numbers(again), { a: [1, 2], b: [1, 2], c: [1, 2] });
});

test("editCheckpoint() keeps tied tensors tied through a cast", async () => {
  const one = floats(1, 2);
  const tensors = await edited(await archive({ a: one, b: copyTensor(one) }), { dtype: ["f16"] });
  assert.equal(tensors.get("a")!.storage, tensors.get("b")!.storage);
});

test("editCheckpoint() swaps averages in, in both known forms", async () => {
  const undotted = await archive({
    "model.net.w": floats(1),
    "model_ema.netw": floats(10),
    "model_ema.decay": floats(0.5),
    "other": floats(3),
  });
  assert.deepEqual(numbers(await edited(undotted, { ema: true })), {
    "model.net.w": [10],
    other: [3],
  });
  const beside = await archive({ "model.w": floats(1), "ema.w": floats(10) });
  assert.deepEqual(numbers(await edited(beside, { ema: true })), { "model.w": [10] });
  await assert.rejects(edited(await archive({ w: floats(1) }), { ema: true }), { code: "usage" });
});

/** The same file with one bit turned in the first storage that holds more than 8 bytes. */
async function damaged(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  await using checkpoint = await openCheckpoint(bytes, { inert: true });
  const { storage } = [...checkpoint.tensors.values()].find(({ nbytes }) => nbytes > 8)!;
  const { source, offset } = await storage!.locate!();
  const before = source.view!(offset, 8);
  const copy = bytes.slice();
  copy[before.byteOffset - bytes.byteOffset + 3]! ^= 0x40;
  return copy;
}

test("editCheckpoint() writes nothing made of damaged bytes", async () => {
  const base = floats(...Array(100).keys());
  const slice = copyTensor(base, { shape: [3], stride: [1], offset: 10 });
  const input = await damaged(await archive({ base, slice }));
  const each: Edits[] = [{}, { dtype: ["float64"] }, { untie: true }, { tie: true }];
  for (const edits of [...each, { filter: ["slice"], compact: true }]) {
    await assert.rejects(edited(input, edits), { code: "corrupt" }, JSON.stringify(edits));
  }
});

test("saveCheckpoint() compares the checksums of big-endian files too", async () => {
  const bytes = new Uint8Array(readFileSync(fixture("big_endian.pt")));
  assert.ok((await edited(bytes, {})).size > 0);
  await assert.rejects(edited(await damaged(bytes), {}), { code: "corrupt" });
});

test("mergeCheckpoints() joins files, and refuses two things at one place", async () => {
  const a = await openCheckpoint(await archive({ x: floats(1) }));
  const b = await openCheckpoint(await archive({ y: floats(2) }));
  await using merged = mergeCheckpoints([a, b]);
  const sink = memorySink();
  await saveCheckpoint(sink, merged, { format: "pt" });
  assert.deepEqual(numbers(await loadStateDict(sink.bytes())), { x: [1], y: [2] });
  const c = await openCheckpoint(await archive({ x: floats(3) }));
  assert.throws(() => mergeCheckpoints([a, c]), { code: "conflict" });
});
