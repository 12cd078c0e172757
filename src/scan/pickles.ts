/**
 * Looks for pickles at the beginning of some bytes: one, several one behind the other, and the saves
 * of old versions of PyTorch.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { startsPickle } from "../formats/pickle/sniff.ts";
import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { Scan } from "./context.ts";
import { hunt } from "./hunt.ts";
import { isLegacyMagic, scanLegacySave } from "./legacy.ts";
import { isBad, judgeNames } from "./names.ts";
import { reportError, reportRun } from "./pickle_report.ts";
import { runPickle } from "./pickle_run.ts";
import type { PickleRun } from "./pickle_run.ts";
import { promisesModel } from "./place.ts";
import type { Place } from "./place.ts";

/** Pickles in one stream; logs of results have thousands. */
const MAX_PICKLES = 100_000;

/** What the second and later pickles look at first: they are small, or the first window grows. */
const NEXT_WINDOW = 4 * 1024;

/** Bytes that must run before a pickle that meets a limit counts as one. */
const ENOUGH = 8;

/** Scans the pickles that begin at `from`. Gives their kind, or undefined if none does. */
export async function scanPickles(
  scan: Scan,
  source: ByteSource,
  place: Place,
  from = 0,
): Promise<string | undefined> {
  const { budget } = scan;
  let run = await runPickle(source, from, budget);
  if (!await isPickle(scan, source, run, place)) return undefined;
  let kind = "pickle";
  let saved = false;
  for (let count = 1;; count++) {
    if (run.hasBuffers) kind = "pickle-buffers";
    if (run.hasArrays || run.externals.length > 0) kind = "joblib";
    await reportRun(scan, source, run, place);
    if (run.hasArrays) await reportPlainReading(scan, source, run, place);
    let at = run.end;
    if (isLegacyMagic(run.value)) {
      kind = "torch-legacy";
      saved = true;
      at = await scanLegacySave(scan, source, at!, place);
    }
    if (at === undefined || at >= source.size) return kind;
    if (count === MAX_PICKLES) {
      const many = new StateDictError("limit", `There are more than ${MAX_PICKLES} pickles`);
      reportError(scan, many, place);
      return kind;
    }
    run = await runPickle(source, at, budget, { firstWindow: NEXT_WINDOW });
    // Behind a save, torch.load reads another save and nothing else.
    const goes = saved ? isLegacyMagic(run.value) : await isPickle(scan, source, run, place);
    if (goes) continue;
    await reportTrailing(scan, source, at, place);
    return kind;
  }
}

/**
 * Whether a run was one over a pickle. Without a PROTO at its beginning, only what comes to its STOP
 * or names something bad before counts: a few bytes run by chance.
 */
async function isPickle(
  { allow, budget }: Scan,
  source: ByteSource,
  run: PickleRun,
  place: Place,
): Promise<boolean> {
  if (run.end !== undefined) return true;
  budget.checkTime();
  if ([run, ...run.inner].some((one) => judgeNames(one, allow).some(isBad))) return true;
  const { code, offset = 0 } = run.error!;
  if (code === "limit" && offset >= run.start + ENOUGH) return true;
  const head = await readBytes(source, run.start, Math.min(2, source.size - run.start));
  // Random bytes begin so too: in an archive, only a name promises a pickle.
  return startsPickle(head) && (place.where === "" || promisesModel(place));
}

/**
 * Runs over a joblib file as plain pickle would, which takes the arrays' bytes for opcodes: mostly
 * it breaks at the first of them.
 */
async function reportPlainReading(
  scan: Scan,
  source: ByteSource,
  run: PickleRun,
  place: Place,
): Promise<void> {
  const plain = await runPickle(source, run.start, scan.budget, { wrappers: false });
  const known = new Set(namesOf([run, ...run.inner]));
  const bad = judgeNames(plain, scan.allow).filter(isBad);
  const shows = bad.some(({ use: { global } }) =>
    !known.has(global.written) && !global.written.includes("?")
  );
  // An array of objects is a pickle of its own: what it does to the values of the other is no trick.
  const acts = run.inner.length === 0 &&
    (plain.end !== undefined || plain.effects.anomalies.some(({ level }) => level === "dangerous"));
  if (!shows && !acts) return;
  const why = "The bytes of an array are opcodes to readers that know no joblib";
  scan.log.add({ rule: "several-readings", where: place.where, why, offset: run.start });
  await reportRun(scan, source, plain, place);
}

function namesOf(runs: readonly PickleRun[]): string[] {
  return runs.flatMap(({ effects }) => effects.globals.map(({ global }) => global.written));
}

async function reportTrailing(
  scan: Scan,
  source: ByteSource,
  at: number,
  place: Place,
): Promise<void> {
  if (place.hidden) return;
  const why = `${source.size - at} bytes stand behind the end`;
  scan.log.add({ rule: "trailing-bytes", where: place.where, why, offset: at });
  await hunt(scan, sliceSource(source, at, source.size - at), place, at);
}
