/**
 * The end of an archive: where its directory lies, by the end record and the zip64 one.
 *
 * @module
 */

import {
  END64_SIGNATURE,
  END64_SIZE,
  END_SIGNATURE,
  END_SIZE,
  FULL16,
  FULL32,
  LOCATOR_SIGNATURE,
  LOCATOR_SIZE,
  readU64,
  viewOf,
} from "./layout.ts";
import type { ZipProblem } from "./problem.ts";

/** What the end records say. */
export interface EndRecord {
  /** Where the first of the end records begins: the directory should end there. */
  readonly start: number;
  /** Where the end record's comment ends: the file should end there. */
  readonly end: number;
  /** Entries in all, as stated. */
  readonly count: number;
  /** Bytes of the directory, as stated. */
  readonly directorySize: number;
  /** Where the directory begins, as stated. */
  readonly directoryOffset: number;
  /** The archive's comment. */
  readonly comment: Uint8Array<ArrayBuffer>;
  /** Offset of another end record whose comment this one lies in, or -1. */
  readonly outer: number;
  /** Contradictions. */
  readonly problems: ZipProblem[];
}

/**
 * Finds and reads the end records in the last bytes of a file; undefined if there are none. The
 * last signature counts, as in torch and Python.
 */
export function findEndRecord(
  tail: Uint8Array<ArrayBuffer>,
  tailStart: number,
): EndRecord | undefined {
  const view = viewOf(tail);
  const at = lastEnd(tail, view, tail.length);
  if (at < 0) return undefined;

  const problems: ZipProblem[] = [];
  const report = (message: string, code: ZipProblem["code"], offset = tailStart + at) =>
    problems.push({ rule: "Z2", message, offset, code });
  const commentEnd = at + END_SIZE + view.getUint16(at + 20, true);
  if (commentEnd > tail.length) {
    report(`The comment should end at ${tailStart + commentEnd}, behind the file`, "corrupt");
  }
  const outer = enclosing(tail, view, at);
  if (outer >= 0) {
    report(`An end record lies in the comment of another at ${tailStart + outer}`, "refused");
  }
  const classic = {
    disk: view.getUint16(at + 4, true),
    directoryDisk: view.getUint16(at + 6, true),
    countHere: view.getUint16(at + 8, true),
    count: view.getUint16(at + 10, true),
    directorySize: view.getUint32(at + 12, true),
    directoryOffset: view.getUint32(at + 16, true),
  };
  const zip64 = readZip64(view, at, tailStart, report);
  const fields = zip64 ?? classic;
  if (zip64) {
    const checks = [
      ["entries", "count", FULL16],
      ["bytes of directory", "directorySize", FULL32],
      ["as the directory's offset", "directoryOffset", FULL32],
    ] as const;
    for (const [what, field, full] of checks) {
      const old = classic[field];
      const wide = zip64[field];
      // A field that is full leaves it to the wide one.
      if (old === wide || old === full) continue;
      report(
        `The end record says ${old} ${what}, the zip64 one ${wide}`,
        wide > tailStart + at ? "corrupt" : "refused",
      );
    }
  }
  if (fields.disk !== 0 || fields.directoryDisk !== 0 || fields.count !== fields.countHere) {
    report("The archive is one part of several", "unsupported");
  }
  return {
    start: tailStart + (zip64?.at ?? at),
    end: Math.min(tailStart + commentEnd, tailStart + tail.length),
    count: fields.count,
    directorySize: fields.directorySize,
    directoryOffset: fields.directoryOffset,
    comment: tail.subarray(at + END_SIZE, commentEnd),
    outer: outer < 0 ? -1 : tailStart + outer,
    problems,
  };
}

/** The offset of the last end record that begins before `limit`, or -1. */
function lastEnd(tail: Uint8Array, view: DataView, limit: number): number {
  let at = Math.min(limit, tail.length - END_SIZE + 1);
  do {
    // A search by the first byte alone runs natively; a loop over 64 KiB would cost a cold start 3 ms.
    at = at > 0 ? tail.lastIndexOf(END_SIGNATURE & 255, at - 1) : -1;
  } while (at >= 0 && view.getUint32(at, true) !== END_SIGNATURE);
  return at;
}

/** The offset of an end record whose comment, by its length, holds the one at `inner`, or -1. */
function enclosing(tail: Uint8Array, view: DataView, inner: number): number {
  let at = lastEnd(tail, view, inner);
  while (at >= 0 && at + END_SIZE + view.getUint16(at + 20, true) !== tail.length) {
    at = lastEnd(tail, view, at);
  }
  return at;
}

type Report = (message: string, code: ZipProblem["code"], offset?: number) => void;

interface Zip64Record {
  readonly at: number;
  readonly disk: number;
  readonly directoryDisk: number;
  readonly countHere: number;
  readonly count: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
}

function readZip64(
  view: DataView,
  end: number,
  tailStart: number,
  report: Report,
): Zip64Record | undefined {
  const locator = end - LOCATOR_SIZE;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_SIGNATURE) return undefined;
  const stated = readU64(view, locator + 8);
  if (view.getUint32(locator + 4, true) !== 0 || view.getUint32(locator + 16, true) > 1) {
    report("The archive is one part of several", "unsupported", tailStart + locator);
  }
  // Torch goes where the locator points, Python to the record just before it.
  const adjacent = locator - END64_SIZE;
  const pointed = stated - tailStart;
  const isRecord = (at: number) =>
    at >= 0 && at <= adjacent && view.getUint32(at, true) === END64_SIGNATURE;
  const at = isRecord(pointed) ? pointed : adjacent;
  if (!isRecord(at)) {
    report(`There is no zip64 end record at ${stated}`, "corrupt", tailStart + locator);
    return undefined;
  }
  if (at !== pointed) {
    report(
      `The zip64 end record is at ${tailStart + at}, but its locator says ${stated}`,
      "corrupt",
      tailStart + locator,
    );
  } else if (isRecord(adjacent) && adjacent !== at) {
    report(
      `There are zip64 end records at ${tailStart + at} and ${tailStart + adjacent}`,
      "refused",
      tailStart + locator,
    );
  } else if (at + 12 + readU64(view, at + 4) !== locator) {
    report("The zip64 end record doesn't end where its locator begins", "corrupt", tailStart + at);
  }
  return {
    at,
    disk: view.getUint32(at + 16, true),
    directoryDisk: view.getUint32(at + 20, true),
    countHere: readU64(view, at + 24),
    count: readU64(view, at + 32),
    directorySize: readU64(view, at + 40),
    directoryOffset: readU64(view, at + 48),
  };
}
