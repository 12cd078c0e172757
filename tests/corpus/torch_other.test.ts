import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import { compareRefusal, compareTorchDocument } from "../support/compare_torch.ts";
import type { TorchEntry } from "../support/corpus.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";
import { inspectFile } from "../support/inspect.ts";

/** PyTorch's containers beside the zip of `torch.save`, and plain pickles of tensors. */
const FORMATS: ReadonlySet<string> = new Set([
  "torch-legacy",
  "torch-tar",
  "torchscript",
  "torch-package",
  "torch-pt2",
  "torch-dcp",
  "pickle",
]);

/** What a document must do with an entry, by what the manifest expects of it. */
const PROMISES = {
  ok: "says what PyTorch says",
  refused: "lists it without running it",
  corrupt: "says what is broken",
};

/** Opens a file strictly and gives the error, or undefined. */
async function strictError(path: string): Promise<unknown> {
  try {
    await (await openCheckpoint(path)).close();
  } catch (error) {
    return error;
  }
}

async function checkStrict(entry: TorchEntry, path: string): Promise<void> {
  const error = await strictError(path);
  if (entry.expect === "ok") assert.equal(error, undefined);
  else {
    assert.ok(isStateDictError(error), `must be refused, but gives ${error}`);
    assert.deepEqual(compareRefusal(entry, error), []);
  }
}

function testFolder(label: string, folder: string): void {
  for (const entry of manifest("torch", folder)) {
    if (!FORMATS.has(entry.format)) continue;
    const path = join(folder, entry.file);
    test(`inspect of ${label} ${entry.file} ${PROMISES[entry.expect]}`, async () => {
      const document = await inspectFile(path);
      assert.deepEqual(compareTorchDocument(entry, document), [], entry.about);
    });
    if (entry.expect === "corrupt") continue;
    const does = entry.expect === "ok" ? "opens" : "refuses";
    test(`openCheckpoint() ${does} ${label} ${entry.file}`, () => checkStrict(entry, path));
  }
}

testFolder("fixture", fixturesDir("torch"));

const corpus = corpusDir("torch");
if (corpus) testFolder("corpus", corpus);
else test("inspect of the rest of the torch corpus", { skip: withoutCorpus("torch") }, () => {});
