import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
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

test("convert --dry-run tells what would be done, and does nothing", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out.safetensors");
    const edits = ["--drop", "optimizer.**", "--drop", "scheduler", "--dtype", "f16", "--rename"];
    const args = ["convert", fixture("checkpoint.pt"), out, ...edits, "^model\\.=net."];
    const { code, stdout, stderr } = await runCli([...args, "--metadata", "a=b", "--dry-run"]);
    assert.equal(code, 0, stderr);
    // A glob that fits nothing is most likely a slip.
    assert.equal(stderr, "note: --drop scheduler fits nothing; all below it is scheduler.**\n");
    assert.match(stdout, /^read {4}.*checkpoint\.pt\nwrite {3}.*out\.safetensors\n/);
    assert.match(stdout, /^drop {4}optimizer\.state\.0\.exp_avg$/m);
    assert.match(stdout, /^rename {2}model\.fc1\.bias → net\.fc1\.bias$/m);
    assert.match(stdout, /^cast {4}model\.fc1\.bias: float32 → float16$/m);
    assert.match(stdout, /^metadata a = b$/m);
    assert.match(stdout, /^leave out epoch: it is no tensor$/m);
    // Eight float tensors of 292 bytes become half as large; the counter of 8 stays.
    assert.match(stdout, /^before {2}27 tensors, 828 B\nafter {3}9 tensors, 154 B\n$/m);
    assert.deepEqual(readdirSync(folder), []);
    // What would fail is told too.
    assert.equal((await runCli(["convert", fixture("tied.pt"), out])).code, 0);
    assert.equal((await runCli([...args, "--dry-run"])).code, 2);
  });
});

test("convert --dry-run names the shards", slow, async () => {
  await withScratch(async (folder) => {
    const args = ["convert", fixture("checkpoint.pt"), join(folder, "m.pt"), "--root", "model"];
    const { stdout } = await runCli([...args, "--max-shard-size", "200", "--dry-run"]);
    const written = stdout.split("\n").filter((line) => line.startsWith("write"));
    assert.deepEqual(written.map((line) => line.replace(/^write +.*\//, "")), [
      "m-00001-of-00002.pt",
      "m-00002-of-00002.pt",
      "m.pt.index.json",
    ]);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test("convert says which tensors lose numbers in a cast", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out.pt");
    const args = ["convert", fixture("special_floats.pt"), out, "--dtype", "float8_e4m3fn"];
    const { code, stderr } = await runCli(args);
    assert.equal(code, 0);
    assert.match(stderr, /\d cast \(\d+ overflowed, \d+ became 0\)$/m);
    assert.match(stderr, /^cast {4}\w+: float32 → float8_e4m3fn: \d+ overflowed/m);
  });
});

test("convert writes to standard output what a file would hold", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out.safetensors");
    const piped = await runCli(["convert", fixture("tied.pt"), "-", "--to", "safetensors"]);
    assert.equal(piped.code, 0, piped.stderr);
    assert.equal((await runCli(["convert", fixture("tied.pt"), out])).code, 0);
    assert.deepEqual(Buffer.from(piped.bytes), readFileSync(out));
    assert.equal((await runCli(["convert", fixture("tied.pt"), "-"])).code, 2);
  });
});

test("convert --ema takes the averages beside the root", slow, async () => {
  await withScratch(async (folder) => {
    const both = join(folder, "both.pt");
    const tensors = ["model.w", "model_ema.w"].map((name, i) =>
      [name, tensorFrom(new Float32Array([i]), [1])] as const
    );
    const parts = tensors.map(([name, tensor]) => [name.split(".")[0]!, new PyDict(["w", tensor])]);
    await saveCheckpoint(both, new PyDict(parts.flat()));
    const out = join(folder, "out.pt");
    assert.equal((await runCli(["convert", both, out, "--ema", "--root", "model"])).code, 0);
    const weights = await loadStateDict(out);
    assert.deepEqual([...weights].map(([name, tensor]) => [name, tensor.toJS()]), [["w", [1]]]);
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
