import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { compareTorchDocument } from "../support/compare_torch.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";
import { inspectFile } from "../support/inspect.ts";

/** What a document must do with an entry, by what the manifest expects of it. */
const PROMISES = {
  ok: "says what PyTorch says",
  refused: "lists it without running it",
  corrupt: "says what is broken",
};

function testFolder(label: string, folder: string): void {
  for (const entry of manifest("torch", folder)) {
    if (entry.format !== "torch-zip") continue;
    const name = `inspect of ${label} ${entry.file} ${PROMISES[entry.expect]}`;
    test(name, { timeout: 60_000 }, async () => {
      const document = await inspectFile(join(folder, entry.file));
      assert.deepEqual(compareTorchDocument(entry, document), [], entry.about);
    });
  }
}

testFolder("fixture", fixturesDir("torch"));

const corpus = corpusDir("torch");
if (corpus) testFolder("corpus", corpus);
else test("inspect of the whole torch corpus", { skip: withoutCorpus("torch") }, () => {});
