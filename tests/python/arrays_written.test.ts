import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { distinguish } from "../../src/checkpoint/paths.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";
import { withoutPython } from "../support/python.ts";
import { withScratch } from "../support/scratch.ts";
import { listArrays, verifyMany } from "../support/verify.ts";

const MODULES = ["torch", "numpy", "safetensors"];

/** Every tensor is there with PyTorch's own digest, tied to one that is, or in the report. */
async function writeAll(folder: string, format: "safetensors" | "npz"): Promise<void> {
  const entries = manifest("torch", folder).filter((entry) =>
    entry.format === "torch-zip" && entry.expect === "ok" && entry.file !== "hostile_names.pt"
  );
  await withScratch(async (scratch) => {
    const files: string[] = [];
    const missing: Set<string>[] = [];
    const ties: ReadonlyMap<string, string>[] = [];
    for (const [i, { file }] of entries.entries()) {
      await using checkpoint = await openCheckpoint(join(folder, file), { inert: true });
      files.push(join(scratch, `${i}.${format}`));
      const { left } = await saveCheckpoint(files[i]!, checkpoint);
      missing.push(new Set(left.map(({ path }) => path)));
      await using written = await openCheckpoint(files[i]!);
      ties.push(written.metadata);
    }
    const lists = await listArrays(files);
    let compared = 0;
    for (const [i, entry] of entries.entries()) {
      const found = new Map(Object.entries(lists[i]!));
      const seen = new Map<string, number>();
      for (const { name: path, shape, sha256 } of entry.tensors ?? []) {
        // Of two equal paths the second gets ~1.
        const name = distinguish(path, seen);
        const parents = name.split(".").map((_, n, all) => all.slice(0, n + 1).join("."));
        if (parents.some((parent) => missing[i]!.has(parent))) continue;
        const array = found.get(name) ?? found.get(ties[i]!.get(name) ?? "");
        assert.ok(array, `${entry.file}: ${name} is not in ${format}`);
        // safetensors counts the values of a packed pair.
        if (!entry.file.includes("float4")) assert.deepEqual(array.shape, shape, entry.file);
        assert.equal(array.sha256, sha256, `${entry.file}: ${name}`);
        compared++;
      }
    }
    assert.ok(compared > 100);
  });
}

const skip = withoutPython(MODULES);
const corpus = corpusDir("torch");
const skipCorpus = skip || (corpus ? false : withoutCorpus("torch"));

for (const format of ["safetensors", "npz"] as const) {
  test(`the library reads every fixture's tensors from ${format}`, {
    skip,
    timeout: 300_000,
  }, () => writeAll(fixturesDir("torch"), format));

  test(`the library reads every tensor of the corpus from ${format}`, {
    skip: skipCorpus,
    timeout: 300_000,
  }, () => writeAll(corpus!, format));
}

test("tied names come back from safetensors", { skip, timeout: 60_000 }, async () => {
  const input = join(fixturesDir("torch"), "tied.pt");
  await withScratch(async (scratch) => {
    const between = join(scratch, "tied.safetensors");
    const output = join(scratch, "tied.pt");
    {
      await using checkpoint = await openCheckpoint(input);
      assert.deepEqual((await saveCheckpoint(between, checkpoint)).left, []);
    }
    await using checkpoint = await openCheckpoint(between);
    assert.deepEqual([...checkpoint.metadata], [["lm_head.weight", "embed.weight"], [
      "format",
      "pt",
    ]]);
    await saveCheckpoint(output, checkpoint);
    await using again = await openCheckpoint(output);
    const { tensors } = again;
    assert.equal(tensors.get("lm_head.weight")!.storage, tensors.get("embed.weight")!.storage);
    const [verdict] = await verifyMany("verify_torch", [[input, output]], MODULES);
    assert.match(verdict!.output, /container|OrderedDict|order|equal/);
  });
});
