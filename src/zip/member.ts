/**
 * The bytes of an archive's members.
 *
 * @module
 */

import { locate, StateDictError } from "../errors.ts";
import { inflationLimit } from "../compression/limits.ts";
import { checksum } from "../io/crc32.ts";
import { bytesSource, readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { ZipDirectory } from "./directory.ts";
import type { ZipEntry } from "./entries.ts";
import { DEFLATED, STORED } from "./layout.ts";
import { findData } from "./local.ts";
import { methodName, unreadable } from "./readable.ts";

/** Where a member's bytes lie in the file. */
export interface MemberRange {
  /** Offset of the first byte. */
  readonly offset: number;
  /** Bytes, as they are packed. */
  readonly size: number;
}

/** How a member is read. */
export interface MemberOptions {
  /** Compare the CRC-32, unless the directory holds 0, torch's "not computed"; on by default. */
  readonly checkCrc?: boolean;
  /**
   * Most bytes that a deflated member may become; by default 64 times its packed size and 64 MiB.
   * A stored member is as large as it is in the file.
   */
  readonly limit?: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** Where a member's packed bytes lie; the plain ones if it is stored. */
export async function memberRange(
  directory: ZipDirectory,
  entry: ZipEntry,
  signal?: AbortSignal,
  alone?: boolean,
): Promise<MemberRange> {
  const problem = unreadable(entry);
  if (problem) {
    throw new StateDictError(problem.code, problem.message, {
      offset: entry.headerOffset,
      path: directory.source.name,
      member: entry.name,
      hint: problem.hint,
    });
  }
  const offset = await findData(directory, entry, signal, alone);
  return { offset, size: entry.compressedSize };
}

/** A member's plain bytes: the source's own memory where they are stored there, else a fresh array. */
export async function readMember(
  directory: ZipDirectory,
  entry: ZipEntry,
  options: MemberOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { source } = directory;
  // A pickle or a short record: what lies beside it is mostly not wanted next.
  const { offset, size } = await memberRange(directory, entry, options.signal, true);
  if (entry.method === DEFLATED) checkLimit(directory, entry, options);
  const packed = await readBytes(source, offset, size, options.signal);
  let bytes = packed;
  if (entry.method === DEFLATED) {
    const { inflateWhole } = await import("../compression/inflate.ts");
    const result = await inflateWhole(packed, entry.size, source.name)
      .catch((error) => Promise.reject(locate(error, source.name, entry.name)));
    checkInflated(directory, entry, result.bytes.length, result.used);
    bytes = result.bytes;
  }
  if (options.checkCrc !== false && entry.crc !== 0) {
    checkCrc(directory, entry, await checksum(bytes));
  }
  return bytes;
}

/**
 * Compares a member's CRC-32, unless the directory holds 0, torch's "not computed".
 *
 * @param bytes Its plain bytes, where the caller has them; else they are read.
 */
export async function verifyMember(
  directory: ZipDirectory,
  entry: ZipEntry,
  bytes: Uint8Array<ArrayBuffer> | null,
  signal?: AbortSignal,
): Promise<void> {
  if (entry.crc === 0) return;
  if (bytes) return checkCrc(directory, entry, await checksum(bytes));
  // What streams is not loaded to look at a file.
  const { memberChunks } = await import("./member_chunks.ts");
  const pieces = memberChunks(directory, entry, { signal });
  while (!(await pieces.next()).done); // reading to the end is what compares
}

/** A member as a source: a window of the file if it is stored, else its plain bytes in memory. */
export async function memberSource(
  directory: ZipDirectory,
  entry: ZipEntry,
  options: MemberOptions = {},
): Promise<ByteSource> {
  const { source } = directory;
  if (entry.method !== STORED) {
    return bytesSource(await readMember(directory, entry, options), source.name);
  }
  const { offset, size } = await memberRange(directory, entry, options.signal);
  return sliceSource(source, offset, size);
}

/** Refuses to unpack a member that says it becomes too much. */
export function checkLimit(
  directory: ZipDirectory,
  entry: ZipEntry,
  options: MemberOptions,
): void {
  const { limit = inflationLimit(entry.compressedSize) } = options;
  if (entry.size <= limit) return;
  throw new StateDictError("limit", `It unpacks to ${entry.size} bytes, more than ${limit}`, {
    offset: entry.headerOffset,
    path: directory.source.name,
    member: entry.name,
    hint: "if you trust the file, raise the limit on unpacked bytes",
  });
}

/** Refuses a deflated member that isn't what the directory says. */
export function checkInflated(
  directory: ZipDirectory,
  entry: ZipEntry,
  size: number,
  used: number,
): void {
  if (size !== entry.size) {
    throw corrupt(directory, entry, `It unpacks to ${size} bytes, not ${entry.size}`);
  }
  const behind = entry.compressedSize - used;
  if (behind === 0) return;
  throw corrupt(directory, entry, `${behind} bytes stand behind its ${methodName(DEFLATED)} data`);
}

/** Refuses bytes whose CRC-32 is another than the directory's. */
export function checkCrc(directory: ZipDirectory, entry: ZipEntry, crc: number): void {
  if (crc === entry.crc) return;
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  throw corrupt(directory, entry, `Its CRC-32 is ${hex(crc)}, not ${hex(entry.crc)}`);
}

function corrupt(directory: ZipDirectory, entry: ZipEntry, message: string): StateDictError {
  return new StateDictError("corrupt", message, {
    offset: entry.headerOffset,
    path: directory.source.name,
    member: entry.name,
  });
}
