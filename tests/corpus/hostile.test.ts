import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { main } from "../../src/cli/main.ts";
import { isStateDictError } from "../../src/errors.ts";
import { scan } from "../../src/scan/scan.ts";
import { fakeTerminal } from "../cli/fake_terminal.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";
import type { HostileEntry } from "../support/corpus.ts";

/** Milliseconds that any file may take: threats are small files, and a busy machine is slow. */
const LONGEST = 5000;

/** Good files that do what attacks do, by the rules of the scan; their manifests say so too. */
const ODD: ReadonlySet<string> = new Set([
  "nz-evilnames.npz", // members with climbing and absolute paths
  "package.pt", // Python source
]);

test("scan() raises no alarm over good fixtures", { timeout: 60_000 }, async () => {
  const alarms: string[] = [];
  for (const kind of ["torch", "arrays"] as const) {
    const folder = fixturesDir(kind);
    for (const { file, expect, format } of manifest(kind, folder)) {
      if (expect !== "ok" || ODD.has(file) || FOLDERS.has(format)) continue;
      const { verdict, findings } = await scan(join(folder, file));
      if (verdict === "safe" || verdict === "unknown") continue;
      if (TRIALS.test(file) && findings.every(({ rule }) => EXPECTED.has(rule))) continue;
      alarms.push(`${file}: ${verdict}, ${findings.map(({ rule, why }) => `${rule} ${why}`)}`);
    }
  }
  assert.deepEqual(alarms, []);
});

/** Formats whose entries are folders. */
const FOLDERS: ReadonlySet<string> = new Set([
  "torch-dcp",
  "hf-sharded-bin",
  "hf-sharded-safetensors",
]);

/** Pickles written to try the machine: they name what attacks name, and play their tricks. */
const TRIALS = /^(po|ph|pd)-/;

/** What those are expected to be told for. */
const EXPECTED: ReadonlySet<string> = new Set([
  "dangerous-name",
  "suspicious-name",
  "unknown-name",
  "computed-callee",
  "extension-code",
  "persistent-id",
  "value-bomb",
  "trailing-bytes",
]);

/** The demands of the manifest that more than the verdict has to meet. */
const DEMANDS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  refuse: (path) =>
    assert.rejects(async () => {
      await using checkpoint = await openCheckpoint(path);
      checkpoint.tensors; // a tensor that lies shows when it is listed
    }, isStateDictError),
  terminal: (path) => printsNothingHidden(path),
  html: (path) => printsNothingHidden(path),
};

async function printsNothingHidden(path: string): Promise<void> {
  for (const words of [["scan", path], ["scan", "--json", path], ["scan", "--sarif", path]]) {
    const terminal = fakeTerminal();
    await main(words, terminal);
    // deno-lint-ignore no-control-regex -- these are what must not come
    assert.doesNotMatch(terminal.out + terminal.err, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/);
  }
}

async function check(folder: string, entry: HostileEntry): Promise<void> {
  const path = join(folder, entry.file);
  const start = performance.now();
  const report = await scan(path);
  assert.ok(performance.now() - start < LONGEST, "it takes too long");
  const rules = report.findings.map(({ rule, why }) => `${rule}: ${why}`).join("; ");
  assert.ok(entry.accept.includes(report.verdict), `${report.verdict}: ${rules}`);
  const found = new Set(report.globals.map(({ name }) => name));
  assert.deepEqual(entry.globals.filter((name) => !found.has(name)), [], "names that were missed");
  for (const demand of entry.must) await DEMANDS[demand]?.(path);
}

const corpus = corpusDir("hostile");
if (corpus) {
  const builtins = () =>
    [Object, Array, Map, Promise, Function].map(({ prototype }) =>
      Reflect.ownKeys(prototype as object).map(String).sort().join()
    );
  const before = builtins();
  for (const entry of manifest("hostile", corpus)) {
    test(
      `scan() of ${entry.file} is ${entry.accept.join(" or ")}`,
      { timeout: 60_000 },
      async () => {
        await check(corpus, entry);
        assert.deepEqual(builtins(), before);
      },
    );
  }
} else test("scan() of the hostile corpus", { skip: withoutCorpus("hostile") }, () => {});
