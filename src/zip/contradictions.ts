/**
 * What in a directory makes readers see different things.
 *
 * @module
 */

import type { ZipDirectory } from "./directory.ts";
import type { ZipEntry } from "./entries.ts";
import { LOCAL_SIZE } from "./layout.ts";
import { normalName } from "./names.ts";
import type { ZipProblem } from "./problem.ts";

/** The contradictions that the directory alone shows: names that are one, members that overlap. */
export function* contradictions(directory: ZipDirectory): Generator<ZipProblem> {
  yield* sameNames(directory);
  yield* overlaps(directory);
  // If no entry can be read, nothing tells where the first should be.
  const whole = directory.entries.length === 0 ? directory.start : 0;
  const first = directory.byOffset[0]?.headerOffset ?? whole;
  // A directory that is itself misplaced has been reported with the bytes before the archive.
  if (first > 0 && directory.base <= 0) {
    yield {
      rule: "Z6",
      message: `${first} bytes stand before the first member`,
      offset: 0,
      length: first,
      code: "refused",
    };
  }
}

function* sameNames(directory: ZipDirectory): Generator<ZipProblem> {
  const { entries, plainNames } = directory;
  if (plainNames && directory.index().size === entries.length) return;
  const seen = new Map<string, ZipEntry>();
  for (const entry of entries) {
    const name = normalName(entry.name);
    const other = seen.get(name);
    if (!other) {
      seen.set(name, entry);
      continue;
    }
    yield {
      rule: "Z1",
      message: other.name === entry.name
        ? "Two members have this name"
        : `Some readers take this name and ${JSON.stringify(other.name)} for one`,
      offset: entry.headerOffset,
      member: entry.name,
      code: "refused",
    };
  }
}

function* overlaps(directory: ZipDirectory): Generator<ZipProblem> {
  const { byOffset } = directory;
  for (let i = 1; i < byOffset.length; i++) {
    const before = byOffset[i - 1]!;
    const entry = byOffset[i]!;
    // The least that lies between two headers; what the local header adds shows when it is read.
    if (before.headerOffset + LOCAL_SIZE + before.compressedSize <= entry.headerOffset) continue;
    yield {
      rule: "Z1",
      message: `It shares bytes with ${JSON.stringify(before.name)}`,
      offset: entry.headerOffset,
      member: entry.name,
      code: "refused",
    };
  }
}
