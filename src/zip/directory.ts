/**
 * An archive's directory: found by at most two reads, and refused where readers would disagree
 * about it.
 *
 * @module
 */

import { locate, StateDictError } from "../errors.ts";
import { checkAborted, readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { contradictions } from "./contradictions.ts";
import { findEndRecord } from "./end_record.ts";
import type { EndRecord } from "./end_record.ts";
import { parseEntries } from "./entries.ts";
import type { ZipEntry } from "./entries.ts";
import { ENTRY_SIGNATURE, viewOf } from "./layout.ts";
import { problemError } from "./problem.ts";
import type { ZipProblem } from "./problem.ts";

/**
 * What is read of the end at first: an end record with the longest comment, its zip64 records, and
 * room. For a checkpoint of up to about 800 tensors that is the whole directory.
 */
export const TAIL_SIZE: number = 2 ** 16 + 2 ** 10;

/** How a directory is read. */
export interface ZipReadOptions {
  /**
   * Refuse an archive about which readers disagree; on by default. Without it the directory is read
   * as torch reads it, as far as that goes, and what is wrong is in `problems`.
   */
  readonly strict?: boolean;
  /**
   * Which directory to take when there are two: the one at the stated offset (torch), or the one
   * that ends where the end records begin (Python). Only without `strict`.
   */
  readonly prefer?: "stated" | "adjacent";
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** What an archive holds. */
export interface ZipDirectory {
  /** The file. */
  readonly source: ByteSource;
  /** The members, as the directory lists them. */
  readonly entries: readonly ZipEntry[];
  /** Those of them whose bytes lie in the archive, by their place in the file. */
  readonly byOffset: readonly ZipEntry[];
  /** Whether all names are the same to every reader. */
  readonly plainNames: boolean;
  /** Offset of the directory, where the members end. */
  readonly start: number;
  /** What the stated offsets count from: the bytes before the archive, mostly 0. */
  readonly base: number;
  /** Where the archive ends. */
  readonly end: number;
  /** The archive's comment. */
  readonly comment: Uint8Array<ArrayBuffer>;
  /** What the end records and the directory contradict each other in; none if it is strict. */
  readonly problems: readonly ZipProblem[];
  /** Whether contradictions are refused, also those of local headers when a member is read. */
  readonly strict: boolean;
  /** The members by name, the last where there are two; made when first asked for. */
  index(): ReadonlyMap<string, ZipEntry>;
  /** The member of exactly this name; `refused` if there are two. */
  find(name: string): ZipEntry | undefined;
}

/** Reads the directory of an archive. */
export async function readZipDirectory(
  source: ByteSource,
  options: ZipReadOptions = {},
): Promise<ZipDirectory> {
  try {
    return await read(source, options);
  } catch (error) {
    throw locate(error, source.name);
  }
}

async function read(source: ByteSource, options: ZipReadOptions): Promise<ZipDirectory> {
  const { strict = true, prefer = "stated", signal } = options;
  checkAborted(signal);
  const tailStart = Math.max(0, source.size - TAIL_SIZE);
  const tail = await readBytes(source, tailStart, source.size - tailStart, signal);
  const end = findEndRecord(tail, tailStart);
  if (!end) {
    throw new StateDictError("truncated", "There is no zip end record: the file is cut short", {
      offset: source.size,
      hint: "download or copy it again",
    });
  }
  const fail = (problem: ZipProblem) => {
    if (strict) throw problemError(problem, source.name);
  };
  end.problems.forEach(fail);

  const adjacent = end.start - end.directorySize;
  const gap = adjacent - end.directoryOffset;
  const problems = [...end.problems];
  let start = end.directoryOffset;
  if (gap !== 0) {
    const signatureAt = (offset: number) => isEntry(source, tail, tailStart, offset, signal);
    const stated = await signatureAt(end.directoryOffset);
    const problem = misplaced(end, stated, await signatureAt(adjacent));
    fail(problem);
    problems.push(problem);
    if (!stated || prefer === "adjacent") start = adjacent;
  }
  if (start < 0 || start + end.directorySize > end.start) {
    throw new StateDictError(
      "corrupt",
      `The directory, ${end.directorySize} bytes at ${start}, doesn't fit before ${end.start}`,
      { offset: start < 0 ? end.start : start },
    );
  }
  const bytes = start >= tailStart
    ? tail.subarray(start - tailStart, start - tailStart + end.directorySize)
    : await readBytes(source, start, end.directorySize, signal);
  const base = start - end.directoryOffset;
  const { entries, plainNames } = parseEntries(bytes, start, base);
  if (entries.length !== end.count) {
    const problem: ZipProblem = {
      rule: "Z2",
      message: `The end record says ${end.count} entries, the directory holds ${entries.length}`,
      offset: end.start,
      code: "corrupt",
    };
    fail(problem);
    problems.push(problem);
  }
  const directory: ZipDirectory = {
    source,
    entries,
    byOffset: placed(entries),
    plainNames,
    start,
    base,
    end: end.end,
    comment: end.comment,
    problems,
    strict,
    ...lookup(entries, source.name),
  };
  if (strict) { for (const problem of contradictions(directory)) fail(problem); }
  return directory;
}

async function isEntry(
  source: ByteSource,
  tail: Uint8Array,
  tailStart: number,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (offset < 0 || offset + 4 > source.size) return false;
  const bytes = offset >= tailStart
    ? tail.subarray(offset - tailStart)
    : await readBytes(source, offset, 4, signal);
  return viewOf(bytes).getUint32(0, true) === ENTRY_SIGNATURE;
}

/** What it means that the directory doesn't lie between its stated offset and the end records. */
function misplaced(end: EndRecord, stated: boolean, adjacent: boolean): ZipProblem {
  const { directoryOffset: offset, directorySize: size } = end;
  const gap = end.start - size - offset;
  if (stated && adjacent) {
    return {
      rule: "Z2",
      message: `There are two directories, at ${offset} and ${offset + gap}`,
      offset,
      code: "refused",
    };
  }
  if (adjacent && gap > 0) {
    return {
      rule: "Z6",
      message: `${gap} bytes stand before the archive`,
      offset: 0,
      length: gap,
      code: "refused",
    };
  }
  return {
    rule: "Z2",
    message: `The directory, ${size} bytes at ${offset}, doesn't end at ${end.start}`,
    offset: end.start,
    code: "corrupt",
  };
}

/** The readable entries in the order of the file, which is mostly theirs already. */
function placed(entries: readonly ZipEntry[]): ZipEntry[] {
  const readable = entries.filter((entry) => entry.problem === undefined);
  for (let i = 1; i < readable.length; i++) {
    if (readable[i - 1]!.headerOffset > readable[i]!.headerOffset) {
      readable.sort((a, b) => a.headerOffset - b.headerOffset);
      break;
    }
  }
  readable.forEach((entry, i) => entry.order = i);
  return readable;
}

function lookup(
  entries: readonly ZipEntry[],
  path: string,
): Pick<ZipDirectory, "index" | "find"> {
  let index: Map<string, ZipEntry> | undefined;
  const makeIndex = () => {
    if (!index) {
      index = new Map();
      for (const entry of entries) index.set(entry.name, entry);
    }
    return index;
  };
  return {
    index: makeIndex,
    find(name) {
      const found = makeIndex().get(name);
      if (!found || makeIndex().size === entries.length) return found;
      if (entries.some((entry) => entry.name === name && entry !== found)) {
        throw new StateDictError("refused", "Two members have this name", { path, member: name });
      }
      return found;
    },
  };
}
