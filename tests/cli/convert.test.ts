import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { runCli } from "../support/cli.ts";
import { fixturesDir } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);
const slow = { timeout: 60_000 };

test("convert drops, keeps and renames by path", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out.pt");
    const args = [
      "convert",
      fixture("checkpoint.pt"),
      out,
      "--drop",
      "optimizer.**",
      "--rename",
      "^model\\.=",
    ];
    const { code, stdout, stderr } = await runCli(args);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /9 tensors, 300 B, \d+ entries dropped, 9 renamed/);
    await using checkpoint = await openCheckpoint(out);
    assert.deepEqual([...checkpoint.tensors.keys()].slice(0, 2), ["fc1.weight", "fc1.bias"]);
    assert.equal((checkpoint.toJS() as Record<string, unknown>).epoch, 3);
    assert.deepEqual(readdirSync(folder), ["out.pt"]);
  });
});

test("convert keeps objects of unknown classes as they are", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out.pt");
    const { code } = await runCli(["convert", fixture("module_custom.pt"), out]);
    assert.equal(code, 0);
    await using before = await openCheckpoint(fixture("module_custom.pt"), { inert: true });
    await using after = await openCheckpoint(out, { inert: true });
    const names = (globals: typeof before.globals) =>
      [...new Set(globals.map(({ name }) => name))].sort();
    assert.deepEqual(names(after.globals), names(before.globals));
    assert.deepEqual([...after.tensors.keys()], [...before.tensors.keys()]);
  });
});

test("convert --strict refuses what strict loading refuses", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out.pt");
    const { code, stderr } = await runCli([
      "convert",
      "--strict",
      fixture("module_custom.pt"),
      out,
    ]);
    assert.equal(code, 3);
    assert.match(stderr, /my_project\.model\.Net/);
    assert.equal(existsSync(out), false);
  });
});

test("convert says what formats there are before it opens anything", slow, async () => {
  const { code, stderr } = await runCli(["convert", "no.pt", "out.xyz"]);
  assert.equal(code, 2);
  assert.match(stderr, /formats are/);
});

test("convert writes shards with their index, and one file of them again", slow, async () => {
  await withScratch(async (folder) => {
    const shards = join(folder, "model.safetensors");
    const args = ["convert", fixture("checkpoint.pt"), shards, "--root", "model"];
    // 300 bytes of weights, of which fc1.weight has 120.
    const { code, stderr } = await runCli([...args, "--max-shard-size", "200", "--verify"]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /model\.safetensors\.index\.json: 9 tensors, 300 B/);
    assert.deepEqual(readdirSync(folder).sort(), [
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "model.safetensors.index.json",
    ]);
    const whole = join(folder, "whole.pt");
    assert.equal((await runCli(["convert", `${shards}.index.json`, whole])).code, 0);
    const single = join(folder, "single.npz");
    assert.equal((await runCli([...args.slice(0, 2), single, "--root", "model"])).code, 0);
    const hash = await runCli(["hash", "--all", whole, single, `${shards}.index.json`]);
    const digests = hash.stdout.trim().split("\n").map((line) => line.split(" ")[0]);
    assert.equal(digests.length, 3);
    assert.equal(new Set(digests).size, 1);
  });
});

test("convert names what a format can't hold, with exit status 3", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out.safetensors");
    const { code, stderr } = await runCli(["convert", fixture("checkpoint.pt"), out]);
    assert.equal(code, 3);
    assert.match(stderr, /^left out: epoch: it is no tensor$/m);
    await using checkpoint = await openCheckpoint(out);
    assert.equal(checkpoint.tensors.size, 27);
    assert.equal(checkpoint.metadata.get("format"), "pt");
  });
});

test("convert refuses a codec or shards where the format has none", slow, async () => {
  await withScratch(async (folder) => {
    for (
      const [name, ...more] of [
        ["out.pt", "--compress", "zlib"],
        ["out.npz", "--max-shard-size", "1MB"],
      ] as const
    ) {
      const { code, stderr } = await runCli([
        "convert",
        fixture("tied.pt"),
        join(folder, name),
        ...more,
      ]);
      assert.equal(code, 2, stderr);
    }
    assert.deepEqual(readdirSync(folder), []);
  });
});

test("convert keeps tied weights tied through shards of either kind", slow, async () => {
  await withScratch(async (folder) => {
    const tied = fixture("tied.pt");
    for (const name of ["model.safetensors", "pytorch_model.bin"]) {
      const shards = join(folder, name);
      const split = await runCli(["convert", tied, shards, "--max-shard-size", "85", "--verify"]);
      assert.equal(split.code, 0, split.stderr);
      const index = `${shards}.index.json`;
      assert.ok(existsSync(index));
      // What the index counts is what is there, and each tensor is where it says.
      const { stdout } = await runCli(["inspect", index]);
      assert.doesNotMatch(stdout, /^note/m);
      const back = join(folder, `${name}.back.pt`);
      assert.equal((await runCli(["convert", index, back])).code, 0);
      assert.equal((await runCli(["diff", tied, back])).code, 0);
      await using before = await openCheckpoint(tied);
      await using after = await openCheckpoint(back);
      const storages = (checkpoint: typeof before) =>
        new Set([...checkpoint.tensors.values()].map(({ storage }) => storage)).size;
      assert.equal(storages(after), storages(before));
    }
  });
});

test("convert shards by what a format holds of a tensor", slow, async () => {
  await withScratch(async (folder) => {
    // Slices of large storages: safetensors has the slices alone.
    const out = join(folder, "model.safetensors");
    const { code } = await runCli(["convert", fixture("sliced.pt"), out, "--max-shard-size", "50"]);
    assert.equal(code, 0);
    const { stdout } = await runCli(["inspect", `${out}.index.json`]);
    assert.doesNotMatch(stdout, /^note/m);
  });
});
