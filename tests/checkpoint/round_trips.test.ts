import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import { describeCheckpoint } from "../../src/cli/document.ts";
import { memorySink } from "../../src/io/sink.ts";
import { jsonText } from "../../src/text/json.ts";
import type { JsonValue } from "../../src/text/json.ts";
import { fixturesDir, manifest } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const slow = { timeout: 120_000 };

/** Where a file keeps a tensor, which isn't what the tensor is. */
const PLACES = ["record", "stored_byteorder", "stored_dtype", "stored_subclass", "data_offset"];

/** All that `inspect --json` tells of tensors and values; storages by the first tensor that has each. */
async function facts(input: string | Uint8Array<ArrayBuffer>): Promise<string[]> {
  await using checkpoint = await openCheckpoint(input, { inert: true });
  const document = await describeCheckpoint("file", checkpoint, { sha256: true });
  const firsts = new Map<JsonValue, JsonValue>();
  const lines = (document.get("tensors") as Record<string, JsonValue>[]).map((tensor) => {
    const told = new Map(tensor instanceof Map ? tensor : Object.entries(tensor));
    for (const place of PLACES) told.delete(place);
    const storage = told.get("storage") ?? null;
    if (storage !== null && !firsts.has(storage)) firsts.set(storage, told.get("name")!);
    return jsonText(told.set("storage", firsts.get(storage) ?? null));
  });
  return [...lines, jsonText(document.get("values")!)];
}

/** The file in another format; undefined if that can't hold all of it. */
async function converted(
  input: string | Uint8Array<ArrayBuffer>,
  format: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  await using checkpoint = await openCheckpoint(input, { inert: true });
  const sink = memorySink();
  const { left } = await saveCheckpoint(sink, checkpoint, { format });
  return left.length === 0 ? sink.bytes().slice() : undefined;
}

/** Files whose programs and resources only their own format can hold. */
const OF_THEIR_OWN = /^(exported|torchscript|package|old_tar|legacy_quantized)/;

test("pt to JSON to pt keeps every tensor, its storage and the tree", slow, async () => {
  const folder = fixturesDir("torch");
  const names = manifest("torch", folder).filter(({ file, expect }) =>
    expect === "ok" && /\.(pt|pth|ckpt|tar)$/.test(file) && !OF_THEIR_OWN.test(file)
  ).map(({ file }) => file);
  assert.ok(names.length > 100);
  for (const name of names) {
    const json = await converted(join(folder, name), "json");
    const back = json && await converted(json, "pt");
    assert.ok(back, name);
    assert.deepEqual(await facts(back), await facts(join(folder, name)), name);
  }
});

test("pt to safetensors to pt keeps state dicts, tied weights too", slow, async () => {
  for (
    const name of ["state_dict.pt", "tied.pt", "transposed.pt", "sliced.pt", "special_floats.pt"]
  ) {
    await using before = await openCheckpoint(join(fixturesDir("torch"), name));
    const safe = await converted(join(fixturesDir("torch"), name), "safetensors");
    const back = safe && await converted(safe, "pt");
    assert.ok(back, name);
    await using after = await openCheckpoint(back);
    assert.deepEqual([...after.tensors.keys()].sort(), [...before.tensors.keys()].sort());
    for (const [key, tensor] of before.tensors) {
      const twin = after.tensor(key);
      assert.deepEqual([twin.dtype.name, twin.shape], [tensor.dtype.name, tensor.shape]);
      assert.deepEqual((await twin.load()).bytes(), (await tensor.load()).bytes(), key);
    }
    if (name !== "tied.pt") continue;
    assert.equal(after.tensor("embed.weight").storage, after.tensor("lm_head.weight").storage);
  }
});

test("joblib to pickle to joblib keeps every array and the tree", slow, async () => {
  const folder = fixturesDir("arrays");
  const files = new Set(readdirSync(folder));
  const names = manifest("arrays", folder).filter(({ file, expect, format }) =>
    expect === "ok" && format === "joblib" && files.has(file)
  ).map(({ file }) => file);
  assert.ok(names.length > 40);
  for (const name of names) {
    const pickle = await converted(join(folder, name), "pickle");
    const back = pickle && await converted(pickle, "joblib");
    assert.ok(back, name);
    assert.deepEqual(await facts(back), await facts(join(folder, name)), name);
  }
});

test("shards to one file to shards are the same shards", slow, async () => {
  await withScratch(async (scratch) => {
    for (const [kind, format] of [["hf_safetensors", "safetensors"], ["hf_bin", "pt"]] as const) {
      const shards = join(fixturesDir("torch"), kind);
      const one = await converted(shards, format);
      assert.ok(one);
      await using whole = await openCheckpoint(one);
      const again = join(scratch, kind === "hf_bin" ? "pytorch_model.bin" : "model.safetensors");
      const { index } = await saveCheckpoint(again, whole, { maxShardSize: 150 });
      assert.ok(index);
      assert.deepEqual((await facts(index)).sort(), (await facts(shards)).sort());
    }
  });
});
