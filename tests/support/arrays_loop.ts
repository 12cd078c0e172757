/**
 * One test for every file of a format, with what its library says of it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { compareArraysDocument } from "./compare_arrays.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "./corpus.ts";
import { inspectFile } from "./inspect.ts";

/** What a document must do with an entry, by what the manifest expects of it. */
const PROMISES = {
  ok: "says what Python says",
  refused: "refuses it",
  corrupt: "says what is broken",
};

/** Adds a test for every fixture of the format, and for every file of the whole corpus. */
export function testArrays(format: string): void {
  testFolder("fixture", fixturesDir("arrays"), format);
  const corpus = corpusDir("arrays");
  if (corpus) testFolder("corpus", corpus, format);
  else test(`inspect of the whole ${format} corpus`, { skip: withoutCorpus("arrays") }, () => {});
}

function testFolder(label: string, folder: string, format: string): void {
  for (const entry of manifest("arrays", folder)) {
    if (entry.format !== format) continue;
    const name = `inspect of ${label} ${entry.file} ${PROMISES[entry.expect]}`;
    test(name, { timeout: 60_000 }, async () => {
      const document = await inspectFile(join(folder, entry.file));
      assert.deepEqual(compareArraysDocument(entry, document), [], entry.about);
    });
  }
}
