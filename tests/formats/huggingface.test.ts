import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveStateDict } from "../../src/checkpoint/save.ts";
import { openSource } from "../../src/formats/open.ts";
import { layOutSafetensors } from "../../src/formats/safetensors/header_write.ts";
import { bytesSource } from "../../src/io/source.ts";
import { dtypeByName } from "../../src/tensor/dtype.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { countingSource } from "../support/counting_source.ts";
import type { CountingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);

const BIN = "pytorch_model.bin.index.json";
const SAFE = "model.safetensors.index.json";

/** A safetensors file of single bytes by these names. */
const shard = (...names: string[]) => sizedShard(1, ...names);

function sizedShard(nbytes: number, ...names: string[]): Uint8Array<ArrayBuffer> {
  const tensors = names.map((name) => ({ name, dtype: dtypeByName("uint8")!, shape: [nbytes] }));
  const { header, size } = layOutSafetensors(tensors);
  const bytes = new Uint8Array(size);
  bytes.set(header);
  return bytes;
}

const indexOf = (map: Record<string, string>, metadata = {}) =>
  new TextEncoder().encode(JSON.stringify({ metadata, weight_map: map }));

/** Opens an index of files in memory; gives the sources that were opened too. */
function openFiles(index: Uint8Array<ArrayBuffer>, files: Record<string, Uint8Array>) {
  const sources: CountingSource[] = [];
  const make = (bytes: Uint8Array, name: string) => {
    const source = countingSource(bytesSource(bytes as Uint8Array<ArrayBuffer>, name));
    sources.push(source);
    return source;
  };
  const opening = openSource(make(index, "index.json"), {
    // deno-lint-ignore require-await -- as the interface has it
    sibling: async (name) => make(files[name]!, name),
  });
  return { opening, sources };
}

test("openCheckpoint() opens shards by their index, by its URL, and by their folder", async () => {
  const index = fixture(`hf_bin/${BIN}`);
  for (const path of [index, pathToFileURL(index), fixture("hf_bin"), fixture("hf_bin/")]) {
    await using checkpoint = await openCheckpoint(path);
    assert.equal(checkpoint.format, "hf-sharded-bin");
    assert.equal(checkpoint.size, 566); // of the index
    assert.equal(checkpoint.tensors.size, 9);
    assert.deepEqual(checkpoint.shards.map(({ format }) => format), Array(3).fill("torch-zip"));
    assert.deepEqual(checkpoint.warnings, []);
  }
});

test("both kinds of shards hold the same model", async () => {
  const bin = await loadStateDict(fixture("hf_bin"));
  const safe = await loadStateDict(fixture("hf_safetensors"));
  assert.deepEqual([...bin.keys()], [...safe.keys()]);
  for (const [name, tensor] of bin) {
    assert.deepEqual(tensor.toJS(), safe.get(name)!.toJS(), name);
  }
});

test("a storage is told from those of other shards", async () => {
  await using checkpoint = await openCheckpoint(fixture("hf_bin"));
  const ids = new Set([...checkpoint.tensors.values()].map(({ storage }) => storage!.id));
  assert.equal(ids.size, 9);
  assert.ok(ids.has("pytorch_model-00001-of-00003.bin/0"));
});

test("metadata on which the shards agree is the checkpoint's", async () => {
  await using checkpoint = await openCheckpoint(fixture("hf_safetensors"));
  assert.deepEqual([...checkpoint.metadata], [["format", "pt"]]);
});

test("opening reads the headers of shards and no tensor; closing gives all of them back", async () => {
  const { opening, sources } = openFiles(
    indexOf({ b: "2", a: "1" }),
    { "1": sizedShard(10_000, "a"), "2": sizedShard(10_000, "b") },
  );
  const opened = await opening;
  assert.deepEqual(sources.map(({ name }) => name), ["index.json", "2", "1"]);
  for (const { reads } of sources.slice(1)) {
    assert.ok(reads.every(({ offset, length }) => offset + length <= 512), JSON.stringify(reads));
  }
  await opened.close();
  assert.ok(sources.every((source) => source.closed));
});

test("a folder with several indexes opens the usual one, and says so", () =>
  withScratch(async (folder) => {
    cpSync(fixture("hf_bin"), folder, { recursive: true });
    cpSync(fixture("hf_safetensors"), folder, { recursive: true });
    await using checkpoint = await openCheckpoint(folder);
    assert.equal(checkpoint.format, "hf-sharded-safetensors");
    assert.match(checkpoint.warnings.join(), new RegExp(BIN));
    for (const name of ["a", "b"]) {
      writeFileSync(
        join(folder, `${name}.safetensors.index.json`),
        readFileSync(join(folder, SAFE)),
      );
    }
    rmSync(join(folder, SAFE));
    rmSync(join(folder, BIN));
    await assert.rejects(openCheckpoint(folder), {
      code: "unrecognized",
      hint: /"a\.safetensors\.index\.json", "b\.safetensors\.index\.json"/,
    });
  }));

test("a folder without an index says which files could be opened", () =>
  withScratch(async (folder) => {
    writeFileSync(join(folder, "model.safetensors"), shard("a"));
    writeFileSync(join(folder, "config.json"), "{}");
    await assert.rejects(openCheckpoint(folder), {
      code: "unrecognized",
      path: folder,
      hint: 'name a file in it: "model.safetensors"',
    });
  }));

test("an index that doesn't fit its shards is an error that names the tensor", async () => {
  const one = shard("a");
  const cases: [map: Record<string, string>, files: Record<string, Uint8Array>, what: RegExp][] = [
    [{ a: "1", b: "1" }, { "1": one }, /looks for the tensor "b" in "1"/],
    [{ a: "1", b: "2" }, { "1": one, "2": shard("a", "b") }, /"a" is in two shards, "1" and "2"/],
    [{ b: "2", c: "3" }, { "2": shard("a", "b"), "3": shard("a", "c") }, /"a" is in two shards/],
  ];
  for (const [map, files, message] of cases) {
    const { opening, sources } = openFiles(indexOf(map), files);
    await assert.rejects(opening, { code: "corrupt", message });
    assert.ok(sources.every((source) => source.closed), "a file was left open");
  }
});

test("an index that is none is an error", async () => {
  const text = (json: string) => new TextEncoder().encode(json);
  const bad = [
    '{"weight_map": {}}',
    '{"weight_map": {"a": 1}}',
    '{"weight_map": ["a"]}',
    '{"weight_map": {"a": "1", "\\u0061": "2"}}',
    '{"weight_map": {"a": "1"}',
    '{"weight_map": {"a": "1"}} x',
  ];
  for (const json of bad) {
    const { opening } = openFiles(text(json), { "1": shard("a"), "2": shard("a") });
    await assert.rejects(opening, { code: "corrupt" }, json);
  }
});

test("what a shard holds beside the index is listed after it, with a warning", async () => {
  const { opening } = openFiles(indexOf({ b: "1" }), { "1": shard("a", "b") });
  const opened = await opening;
  assert.match(opened.warnings.join(), /leaves out "a", which "1" holds/);
  assert.equal(opened.format, "hf-sharded-safetensors");
});

test("bytes that the index miscounts are told", async () => {
  const files = { "1": shard("a", "b") };
  const map = { a: "1", b: "1" };
  const right = await (openFiles(indexOf(map, { total_size: 2 }), files)).opening;
  assert.deepEqual(right.warnings, []);
  const wrong = await (openFiles(indexOf(map, { total_size: 3 }), files)).opening;
  assert.match(wrong.warnings.join(), /counts 3 bytes of tensors, the shards hold 2/);
});

test("an index leads to files of weights, not to another index", async () => {
  const inner = indexOf({ a: "2" });
  const { opening } = openFiles(indexOf({ a: "1" }), { "1": inner, "2": shard("a") });
  await assert.rejects(opening, { code: "unsupported" });
});

test("an index leads to no other folder", async () => {
  const path = fixture(`corrupt/hf_traversal/${BIN}`);
  await assert.rejects(openCheckpoint(path), { code: "refused" });
});

test("a missing shard is told by its name", async () => {
  await assert.rejects(openCheckpoint(fixture("corrupt/hf_missing_shard")), {
    code: "corrupt",
    message: 'The shard "pytorch_model-00002-of-00002.bin" is missing',
  });
});

test("an index in memory can't reach its shards, and says so", async () => {
  await assert.rejects(openCheckpoint(new Uint8Array(readFileSync(fixture(`hf_bin/${BIN}`)))), {
    code: "unsupported",
    hint: /by its path/,
  });
});

test("a shard is held to the allowlist like any file", () =>
  withScratch(async (folder) => {
    cpSync(fixture("hostile/rebuild_from_type_cls.pt"), join(folder, "bad.bin"));
    await saveStateDict(
      join(folder, "good.bin"),
      new Map([["g", tensorFrom(new Float32Array(1), [1])]]),
      { format: "pt" },
    );
    // The file holds a tensor `x` beside what names a class outside the allowlist.
    await using bad = await openCheckpoint(join(folder, "bad.bin"), { inert: true });
    const [name] = bad.tensors.keys();
    writeFileSync(join(folder, BIN), indexOf({ g: "good.bin", [name!]: "bad.bin" }));
    await assert.rejects(openCheckpoint(folder), (error: { code: string; path: string }) => {
      assert.equal(error.code, "refused");
      assert.equal(error.path, "bad.bin");
      return true;
    });
    await using checkpoint = await openCheckpoint(folder, { inert: true });
    assert.deepEqual(checkpoint.globals, []);
    assert.ok(checkpoint.shards[1]!.globals.some((use) => use.name === "my_project.evil.Evil"));
  }));
