import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { compareTorchDocument } from "../support/compare_torch.ts";
import type { TorchEntry } from "../support/corpus.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";
import { inspectFile } from "../support/inspect.ts";

const isIndex = ({ format }: TorchEntry) => format.startsWith("hf-sharded");

function testFolder(label: string, folder: string): void {
  for (const entry of manifest("torch", folder).filter(isIndex)) {
    const promise = entry.expect === "ok" ? "says what its library says" : "says what is broken";
    for (const path of [entry.file, dirname(entry.file)]) {
      test(`inspect of ${label} ${path} ${promise}`, async () => {
        const document = await inspectFile(join(folder, path));
        assert.deepEqual(compareTorchDocument(entry, document), [], entry.about);
      });
    }
  }
}

testFolder("fixture", fixturesDir("torch"));

const corpus = corpusDir("torch");
if (corpus) testFolder("corpus", corpus);
else test("inspect of all shards", { skip: withoutCorpus("torch") }, () => {});
