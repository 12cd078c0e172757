import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import { compareRefusal } from "../support/compare_torch.ts";
import type { TorchEntry } from "../support/corpus.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";

/**
 * Classes of plain data, which PyTorch's loader refuses and ours takes: a file that names nothing
 * worse opens here though the manifest, which asks PyTorch, says `refused`.
 */
const PLAIN_DATA = new Set([
  ..."set frozenset bytearray bytes complex range slice list dict tuple".split(" ")
    .map((name) => `builtins.${name}`),
  ..."date datetime time timedelta timezone".split(" ").map((name) => `datetime.${name}`),
  ..."OrderedDict defaultdict Counter deque".split(" ").map((name) => `collections.${name}`),
  ..."PurePosixPath PosixPath PureWindowsPath WindowsPath".split(" ")
    .map((name) => `pathlib.${name}`),
  "argparse.Namespace",
  "decimal.Decimal",
  "fractions.Fraction",
  "torch.nn.parameter.UninitializedParameter",
  "uuid.UUID",
]);

function isPlainData(name: string): boolean {
  return PLAIN_DATA.has(
    name.replace("__builtin__.xrange", "builtins.range")
      .replace("__builtin__.", "builtins."),
  );
}

/** Opens a file strictly and gives the error, or undefined. */
async function refusal(path: string): Promise<unknown> {
  try {
    await (await openCheckpoint(path)).close();
  } catch (error) {
    return error;
  }
}

async function checkRefusal(entry: TorchEntry, path: string): Promise<void> {
  const unsafe = entry.unsafe_globals!.filter((name) => !isPlainData(name));
  const error = await refusal(path);
  const opensHere = unsafe.length === 0 && entry.unsafe_globals!.length > 0;
  if (error === undefined && (opensHere || entry.lenient)) return;
  assert.ok(isStateDictError(error), `must be refused, but gives ${error}`);
  assert.deepEqual(compareRefusal({ ...entry, unsafe_globals: unsafe }, error), []);
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
