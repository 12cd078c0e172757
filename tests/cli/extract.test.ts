import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { runCli } from "../support/cli.ts";
import { fixturesDir } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const checkpoint = join(fixturesDir("torch"), "checkpoint.pt");
const slow = { timeout: 60_000 };

test("extract writes a tensor's numbers as JSON to standard output", slow, async () => {
  const { code, stdout } = await runCli(["extract", checkpoint, "-f", "model.fc1.bias"]);
  assert.equal(code, 0);
  const { name, dtype, shape, data } = JSON.parse(stdout);
  assert.deepEqual([name, dtype, shape], ["model.fc1.bias", "float32", [5]]);
  // As torch prints them with full precision.
  assert.deepEqual(data.slice(0, 2), [0.11449722200632095, 0.3879694938659668]);
});

test("extract writes one line of JSON a tensor", slow, async () => {
  const { stdout } = await runCli(["extract", checkpoint, "-f", "model.*.bias"]);
  const names = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).name);
  assert.deepEqual(names, ["model.fc1.bias", "model.bn.bias", "model.fc2.bias"]);
});

test("extract --format bin gives the bare bytes", slow, async () => {
  const { bytes } = await runCli([
    "extract",
    checkpoint,
    "-f",
    "model.bn.num_batches_tracked",
    "--format",
    "bin",
  ]);
  // An int64 of 2: the model was trained for two steps.
  assert.deepEqual([...bytes], [2, 0, 0, 0, 0, 0, 0, 0]);
});

test("extract writes a folder of files with an index", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "weights");
    const args = ["extract", checkpoint, "-f", "model.fc*.weight", "--format", "npy", "--out", out];
    assert.equal((await runCli(args)).code, 0);
    assert.deepEqual(readdirSync(out).sort(), [
      "index.json",
      "model.fc1.weight.npy",
      "model.fc2.weight.npy",
    ]);
    const index = JSON.parse(readFileSync(join(out, "index.json"), "utf8"));
    assert.deepEqual(index.tensors[0], {
      name: "model.fc1.weight",
      file: "model.fc1.weight.npy",
      dtype: "float32",
      shape: [5, 6],
    });
    const again = await runCli(args);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /--force|exists/);
  });
});

test("extract refuses to run several arrays into one stream", slow, async () => {
  const { code, stderr } = await runCli(["extract", checkpoint, "--format", "npy"]);
  assert.equal(code, 2);
  assert.match(stderr, /--out/);
});

test("extract says when no tensor fits", slow, async () => {
  const { code, stderr } = await runCli(["extract", checkpoint, "-f", "nope"]);
  assert.equal(code, 2);
  assert.match(stderr, /No tensor fits/);
});

test("extract holds JSON to --max-elements", slow, async () => {
  const { code, stderr } = await runCli([
    "extract",
    checkpoint,
    "-f",
    "model.fc1.weight",
    "--max-elements",
    "10",
  ]);
  assert.equal(code, 3);
  assert.match(stderr, /30 elements, more than 10/);
});

test("extract writes one archive of all that fits", { timeout: 60_000 }, async () => {
  await withScratch(async (folder) => {
    for (const format of ["npz", "safetensors"]) {
      const out = join(folder, `weights.${format}`);
      const args = ["extract", join(fixturesDir("torch"), "checkpoint.pt"), "-f", "model.fc1.*"];
      const piped = await runCli([...args, "--format", format]);
      assert.equal(piped.code, 0, piped.stderr);
      const inPipe = await openCheckpoint(piped.bytes);
      assert.equal(inPipe.tensors.size, 2);
      const { code, stderr } = await runCli([...args, "--format", format, "-o", out]);
      assert.equal(code, 0, stderr);
      await using written = await openCheckpoint(out);
      assert.deepEqual([...written.tensors.keys()].sort(), [
        "model.fc1.bias",
        "model.fc1.weight",
      ]);
    }
  });
});

test(
  "extract writes several tensors as an array in .json, a line each in .ndjson",
  slow,
  async () => {
    await withScratch(async (folder) => {
      const args = ["extract", checkpoint, "-f", "model.*.bias"];
      const lines = await runCli(args);
      for (const name of ["biases.json", "biases.ndjson"]) {
        const out = join(folder, name);
        assert.equal((await runCli([...args, "-o", out])).code, 0);
        const text = readFileSync(out, "utf8");
        if (name.endsWith(".ndjson")) assert.equal(text, lines.stdout);
        else {
          const one = lines.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
          assert.deepEqual(JSON.parse(text), one);
        }
      }
    });
  },
);

test("extract finds tied tensors of safetensors by all their names", slow, async () => {
  await withScratch(async (folder) => {
    const twin = join(folder, "tied.safetensors");
    const tied = join(fixturesDir("torch"), "tied.pt");
    assert.equal((await runCli(["convert", tied, twin])).code, 0);
    const args = ["-f", "lm_head.weight"];
    const { stdout } = await runCli(["extract", tied, ...args]);
    assert.equal((await runCli(["extract", twin, ...args])).stdout, stdout);
  });
});

test("extract --dry-run tells the files, and writes none", slow, async () => {
  await withScratch(async (folder) => {
    const out = join(folder, "out");
    const args = ["extract", checkpoint, "-f", "model.fc1.*", "-o", out, "--dry-run"];
    const { code, stdout } = await runCli([...args, "--format", "npy"]);
    assert.equal(code, 0);
    assert.match(stdout, /^write {3}.*out\/model\.fc1\.weight\.npy$/m);
    assert.match(stdout, /^write {3}.*out\/index\.json$/m);
    assert.match(stdout, /^after {3}2 tensors, 140 B$/m);
    const npz = await runCli([...args, "--format", "npz"]);
    assert.match(npz.stdout, /^write {3}.*out$/m);
    assert.equal(existsSync(out), false);
  });
});

test("extract says which tensor has elements that JSON has not", slow, async () => {
  for (const name of ["jl-strings.joblib", "jl-object.joblib", "np-struct.npy"]) {
    const file = join(fixturesDir("arrays"), name);
    const { code, stderr } = await runCli(["extract", file, "--format", "json"]);
    assert.equal(code, 3, name);
    assert.match(stderr, /^statedict: JSON has no elements of tensor ".*"'s dtype .* — take .*\n$/);
  }
});
