import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exercise } from "../fuzz/target.ts";
import { corpusDir, withoutCorpus } from "../support/corpus.ts";

const folder = corpusDir("hostile");

/** What no file may take, in milliseconds, on a machine that does other things as well. */
const LONGEST = 5000;

test("no hostile file hangs or breaks what looks at it", {
  skip: withoutCorpus("hostile"),
  timeout: 300_000,
}, async () => {
  for (const entry of readdirSync(folder!, { withFileTypes: true })) {
    if (!entry.isFile() || /\.(json|md)$/.test(entry.name)) continue;
    const bytes = new Uint8Array(readFileSync(join(folder!, entry.name)));
    const start = performance.now();
    await exercise(bytes);
    const took = performance.now() - start;
    assert.ok(took < LONGEST, `${entry.name} took ${Math.round(took)} ms`);
  }
});
