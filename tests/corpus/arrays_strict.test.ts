import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import type { ArraysEntry } from "../support/corpus.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";

/** What a refusal says where what it refuses has no name. */
const WITHOUT_NAME: ReadonlyMap<string, RegExp> = new Map([
  ["ext:7", /extension code 7/],
  ["persid", /lies outside the pickle/],
  ["str", /called is a string/],
]);

/**
 * Names beyond the manifest's core list that statedict takes as data: random generators of numpy
 * are numbers.
 */
const ALSO_DATA = /^numpy\.random\./;

/** Modules that such files name beside them. */
const PLAIN_MODULE = /^(?:numpy|_codecs|builtins|__builtin__|collections|copyreg|copy_reg)\./;

/** Whether a strict load refuses the file: all of its names that aren't plain data. */
function isRefused({ expect, mode, globals }: ArraysEntry): boolean {
  if (expect === "refused") return true;
  if (mode !== "inspect") return false;
  const isData = globals.some((name) => ALSO_DATA.test(name)) &&
    globals.every((name) => PLAIN_MODULE.test(name));
  return !isData;
}

async function refusal(path: string): Promise<unknown> {
  try {
    const checkpoint = await openCheckpoint(path);
    checkpoint.toJS();
    await checkpoint.close();
  } catch (error) {
    return error;
  }
}

function checkRefusal(entry: ArraysEntry, error: unknown): void {
  if (error === undefined && entry.also_accept?.includes("ok")) return;
  assert.ok(isStateDictError(error), `must be refused, but gives ${error}`);
  assert.ok(error.code === "refused" || error.code === "limit", `is refused as ${error.code}`);
  for (const name of entry.refused ?? []) {
    const said = WITHOUT_NAME.get(name)?.test(error.message) ?? error.message.includes(name);
    assert.ok(said, `${name} isn't named: ${error.message}`);
  }
}

function testFolder(label: string, folder: string): void {
  for (const entry of manifest("arrays", folder)) {
    if (entry.format !== "pickle" && entry.format !== "joblib") continue;
    if (entry.expect === "corrupt") continue;
    const refused = isRefused(entry);
    const name = `openCheckpoint() ${refused ? "refuses" : "loads"} ${label} ${entry.file}`;
    test(name, { timeout: 60_000 }, async () => {
      const error = await refusal(join(folder, entry.file));
      if (refused) checkRefusal(entry, error);
      else if (!entry.also_accept?.includes("refused")) assert.equal(error, undefined);
    });
  }
}

testFolder("fixture", fixturesDir("arrays"));

const corpus = corpusDir("arrays");
if (corpus) testFolder("corpus", corpus);
else test("openCheckpoint() on the whole corpus", { skip: withoutCorpus("arrays") }, () => {});
