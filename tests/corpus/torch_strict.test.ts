import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import { compareRefusal } from "../support/compare_torch.ts";
import type { TorchEntry } from "../support/corpus.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";

/** Opens a file strictly and gives the error, or undefined. */
async function refusal(path: string): Promise<unknown> {
  try {
    await (await openCheckpoint(path)).close();
  } catch (error) {
    return error;
  }
}

async function checkRefusal(entry: TorchEntry, path: string): Promise<void> {
  const error = await refusal(path);
  if (error === undefined && entry.lenient) return;
  assert.ok(isStateDictError(error), `must be refused, but gives ${error}`);
  assert.deepEqual(compareRefusal(entry, error), []);
}

function testFolder(label: string, folder: string): void {
  for (const entry of manifest("torch", folder)) {
    if (entry.format !== "torch-zip" || entry.expect === "corrupt") continue;
    const path = join(folder, entry.file);
    const what = entry.expect === "ok" ? "opens" : "refuses";
    test(`openCheckpoint() ${what} ${label} ${entry.file}`, { timeout: 60_000 }, async () => {
      if (entry.expect === "refused") await checkRefusal(entry, path);
      else assert.equal(await refusal(path), undefined);
    });
  }
}

testFolder("fixture", fixturesDir("torch"));

const corpus = corpusDir("torch");
if (corpus) testFolder("corpus", corpus);
else test("openCheckpoint() on the whole corpus", { skip: withoutCorpus("torch") }, () => {});
