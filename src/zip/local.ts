/**
 * Local headers. Where a member's data begins only its local header tells, because the name and
 * the extra fields there may be longer than the directory's.
 *
 * @module
 */

import { readBytes } from "../io/source.ts";
import type { ZipDirectory } from "./directory.ts";
import type { ZipEntry } from "./entries.ts";
import {
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  FULL32,
  LOCAL_SIGNATURE,
  LOCAL_SIZE,
  readU64,
  viewOf,
  ZIP64_FIELD,
} from "./layout.ts";
import { decodeCp437, decodeName } from "./names.ts";
import { problemError } from "./problem.ts";
import type { ZipProblem } from "./problem.ts";

/**
 * Most bytes read at once where headers lie close together: 100,000 small records then take some
 * hundred reads, not 100,000.
 */
const WINDOW = 2 ** 16;

/** Headers closer than this are read together; over a network, more would still be worth it. */
const CLOSE = 2 ** 14;

/** Bytes read for one header: 30, a name of usual length and torch's padding. */
const ALONE = 512;

/** What a local header says. */
export interface LocalHeader {
  /** Offset in the file of the data. */
  readonly dataOffset: number;
  /** How it contradicts the directory, the first thing only. */
  readonly problem: ZipProblem | undefined;
}

/**
 * Offset in the file of a member's data. Headers nearby are read along with it and kept, unless the
 * member alone is wanted. In a strict directory a header that contradicts it is an error.
 */
export async function findData(
  directory: ZipDirectory,
  entry: ZipEntry,
  signal?: AbortSignal,
  alone = false,
): Promise<number> {
  if (entry.dataOffset >= 0) return entry.dataOffset;
  const { source, byOffset, start } = directory;
  const from = entry.headerOffset;
  const to = alone ? Math.min(from + ALONE, start) : windowEnd(directory, entry);
  let bytes = await readBytes(source, from, to - from, signal);
  let length = headerLength(bytes, 0);
  if (length === undefined) throw problemError(noHeader(entry), source.name);
  if (length > bytes.length && length <= start - from) {
    bytes = await readBytes(source, from, length, signal);
    length = headerLength(bytes, 0)!;
  }
  const local = readLocal(directory, entry, bytes, 0);
  if (directory.strict && local.problem) throw problemError(local.problem, source.name);
  entry.dataOffset = local.dataOffset;

  for (let order = entry.order + 1; order < byOffset.length; order++) {
    const neighbour = byOffset[order]!;
    const at = neighbour.headerOffset - from;
    const end = headerLength(bytes, at);
    if (end === undefined || at + end > bytes.length) break;
    const other = readLocal(directory, neighbour, bytes, at);
    // An error of a neighbour is told to whoever asks for it.
    if (!directory.strict || !other.problem) neighbour.dataOffset = other.dataOffset;
  }
  return entry.dataOffset;
}

/** Where to stop reading so that the headers close behind an entry's are there, but no weights. */
function windowEnd(directory: ZipDirectory, entry: ZipEntry): number {
  const { byOffset, start } = directory;
  let last = entry.headerOffset;
  for (let order = entry.order + 1; order < byOffset.length; order++) {
    const next = byOffset[order]!.headerOffset;
    if (next - last > CLOSE || next + ALONE > entry.headerOffset + WINDOW) break;
    last = next;
  }
  return Math.min(last + ALONE, start);
}

/** Reads a local header by itself, to compare it with the directory. */
export async function readLocalHeader(
  directory: ZipDirectory,
  entry: ZipEntry,
  signal?: AbortSignal,
): Promise<LocalHeader> {
  const { source, start } = directory;
  const from = entry.headerOffset;
  let bytes = await readBytes(source, from, Math.min(ALONE, start - from), signal);
  const length = headerLength(bytes, 0);
  if (length === undefined) return { dataOffset: -1, problem: noHeader(entry) };
  if (length > bytes.length && length <= start - from) {
    bytes = await readBytes(source, from, length, signal);
  }
  return readLocal(directory, entry, bytes, 0);
}

function noHeader(entry: ZipEntry): ZipProblem {
  return {
    rule: "Z3",
    message: "There is no local header where the directory says",
    offset: entry.headerOffset,
    member: entry.name,
    code: "corrupt",
  };
}

/** The length of the header at `at` with its name and extra fields, if one begins there. */
function headerLength(bytes: Uint8Array, at: number): number | undefined {
  if (at + LOCAL_SIZE > bytes.length) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(at, true) !== LOCAL_SIGNATURE) return undefined;
  return LOCAL_SIZE + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
}

/** Reads a header that is there, whole unless it runs into the directory. */
function readLocal(
  directory: ZipDirectory,
  entry: ZipEntry,
  bytes: Uint8Array,
  at: number,
): LocalHeader {
  const view = viewOf(bytes);
  const nameEnd = at + LOCAL_SIZE + view.getUint16(at + 26, true);
  const extraEnd = nameEnd + view.getUint16(at + 28, true);
  const dataOffset = entry.headerOffset + extraEnd - at;
  const dataEnd = dataOffset + entry.compressedSize;
  const next = directory.byOffset[entry.order + 1]?.headerOffset ?? directory.start;
  const problem = (rule: ZipProblem["rule"], message: string): LocalHeader => ({
    dataOffset,
    problem: { rule, message, offset: entry.headerOffset, member: entry.name, code: "refused" },
  });
  if (dataEnd > next) return problem("Z1", `Its data ends at ${dataEnd}, inside what follows it`);

  const name = bytes.subarray(at + LOCAL_SIZE, nameEnd);
  if (!isName(name, entry)) {
    return problem("Z3", `Its local header names it ${JSON.stringify(decodeCp437(name))}`);
  }
  const flags = view.getUint16(at + 6, true);
  if ((flags ^ entry.flags) & ~FLAG_DESCRIPTOR) {
    return problem("Z3", `Its flags are ${entry.flags}, but ${flags} in its local header`);
  }
  const method = view.getUint16(at + 8, true);
  if (method !== entry.method) {
    return problem("Z3", `Its method is ${entry.method}, but ${method} in its local header`);
  }
  const stated = statedSizes(view, at, nameEnd, Math.min(extraEnd, bytes.length));
  for (const field of ["crc", "compressedSize", "size"] as const) {
    const value = stated[field];
    // With a descriptor the header was written before these were known.
    if (value === entry[field] || ((flags & FLAG_DESCRIPTOR) && value === 0)) continue;
    return problem(
      "Z3",
      `Its ${LABELS[field]} is ${entry[field]}, but ${value} in its local header`,
    );
  }
  return { dataOffset, problem: undefined };
}

const LABELS = { crc: "CRC", compressedSize: "packed size", size: "size" } as const;

function isName(bytes: Uint8Array, entry: ZipEntry): boolean {
  const { name } = entry;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte >= 128) {
      const text = decodeName(bytes, (entry.flags & FLAG_UTF8) !== 0) ?? decodeCp437(bytes);
      return text === name;
    }
    if (byte !== name.charCodeAt(i)) return false;
  }
  return bytes.length === name.length;
}

interface StatedSizes {
  crc: number;
  compressedSize: number;
  size: number;
}

function statedSizes(view: DataView, at: number, from: number, to: number): StatedSizes {
  const stated = {
    crc: view.getUint32(at + 14, true),
    compressedSize: view.getUint32(at + 18, true),
    size: view.getUint32(at + 22, true),
  };
  if (stated.size !== FULL32 && stated.compressedSize !== FULL32) return stated;
  for (let field = from; field + 4 <= to;) {
    const end = field + 4 + view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === ZIP64_FIELD && field + 20 <= Math.min(end, to)) {
      if (stated.size === FULL32) stated.size = readU64(view, field + 4);
      if (stated.compressedSize === FULL32) stated.compressedSize = readU64(view, field + 12);
      break;
    }
    field = end;
  }
  return stated;
}
