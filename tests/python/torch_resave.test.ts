import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import type { TorchEntry } from "../support/corpus.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";
import { withoutPython } from "../support/python.ts";
import { withScratch } from "../support/scratch.ts";
import { verifyMany } from "../support/verify.ts";

const MODULES = ["torch", "numpy"];

/** PyTorch's own ways to load a file, where it loads the original so. */
function loaders(entry: TorchEntry): string[][] {
  return [
    [],
    ...entry.torch_load_weights_only === "ok" ? [["--weights-only"]] : [],
    ...entry.torch_load_mmap === "ok" ? [["--mmap"]] : [],
  ];
}

/** Containers that `torch.load` opens. */
const FORMATS: ReadonlySet<string> = new Set(["torch-zip", "torch-legacy", "torch-tar"]);

/** PyTorch writes new dtypes into legacy files, but fails to load them. */
const UNLOADABLE = /has no attribute 'dtype'/;

async function resaveAll(folder: string): Promise<void> {
  const entries = manifest("torch", folder).filter((entry) =>
    FORMATS.has(entry.format) && entry.expect === "ok" &&
    !UNLOADABLE.test(entry.torch_load_weights_only ?? "")
  );
  assert.ok(entries.length > 50);
  await withScratch(async (scratch) => {
    const pairs: string[][] = [];
    for (const [i, entry] of entries.entries()) {
      const input = join(folder, entry.file);
      const output = join(scratch, `${i}.pt`);
      await using checkpoint = await openCheckpoint(input, { inert: true });
      await saveCheckpoint(output, checkpoint);
      for (const loader of loaders(entry)) pairs.push([input, output, "--map-cpu", ...loader]);
    }
    const verdicts = await verifyMany("verify_torch", pairs, MODULES);
    const differ = verdicts.flatMap(({ status, output }, i) =>
      status === 0 ? [] : [`${pairs[i]!.join(" ")}: ${output}`]
    );
    assert.deepEqual(differ, []);
  });
}

const skip = withoutPython(MODULES);

test("PyTorch finds fixtures equal that were saved again", { skip, timeout: 300_000 }, async () => {
  await resaveAll(fixturesDir("torch"));
});

const corpus = corpusDir("torch");
test("PyTorch finds the corpus equal that was saved again", {
  skip: skip || (corpus ? false : withoutCorpus("torch")),
  timeout: 300_000,
}, async () => {
  await resaveAll(corpus!);
});
