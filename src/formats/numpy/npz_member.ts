/**
 * A member of an npz archive: where its bytes lie, and how they are checked.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { checksum, crc32 } from "../../io/crc32.ts";
import { crc32OfRest } from "../../io/crc32_parts.ts";
import { readBytes } from "../../io/source.ts";
import type { StorageInit } from "../../tensor/storage.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import type { ZipEntry } from "../../zip/entries.ts";
import { inflatedSource } from "../../zip/inflated.ts";
import { STORED } from "../../zip/layout.ts";
import { checkLimit, memberRange, readMember, verifyMember } from "../../zip/member.ts";
import { memberChunks } from "../../zip/member_chunks.ts";
import type { NpyHeader } from "./npy_header.ts";

/** Bytes read of a stored member at first: numpy pads a plain array's header to 128. */
const FIRST_READ = 128;

/** A deflated member of so many bytes is unpacked whole where its header is wanted. */
const SMALL = 2 ** 16;

/** A member's first bytes, as many as it is asked for; what has been read is kept. */
export type FirstBytes = (length: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Reads the beginning of a member. @throws `limit` for one that unpacks to far more than it is. */
export async function memberStart(
  directory: ZipDirectory,
  entry: ZipEntry,
  signal?: AbortSignal,
): Promise<FirstBytes> {
  const { offset } = await memberRange(directory, entry, signal);
  if (entry.method !== STORED) checkLimit(directory, entry, {});
  const read = entry.method === STORED
    ? (length: number) => readBytes(directory.source, offset, length, signal)
    : (length: number) => inflateStart(directory, entry, length, signal);
  let known: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  return async (length) => {
    const wanted = Math.min(length, entry.size);
    if (wanted > known.length) {
      known = await read(Math.min(Math.max(wanted, FIRST_READ), entry.size));
    }
    return known.subarray(0, wanted);
  };
}

async function inflateStart(
  directory: ZipDirectory,
  entry: ZipEntry,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.size <= SMALL) return await readMember(directory, entry, signal ? { signal } : {});
  const start = new Uint8Array(length);
  let filled = 0;
  for await (const piece of memberChunks(directory, entry, { signal, checkCrc: false })) {
    const part = piece.subarray(0, length - filled);
    start.set(part, filled);
    filled += part.length;
    if (filled === length) return start;
  }
  throw new StateDictError("truncated", `The member ends at ${filled}, inside its header`, {
    path: directory.source.name,
    member: entry.name,
  });
}

/** How the storage of an array in a member is found and checked; `header` is the header's bytes. */
export function memberStorage(
  directory: ZipDirectory,
  entry: ZipEntry,
  { dataStart, nbytes }: NpyHeader,
  header: Uint8Array,
): Partial<StorageInit> {
  const record = entry.name;
  const ends = dataStart + nbytes === entry.size;
  const verifyAll = entry.crc === 0 ? {} : {
    verify: (_: unknown, signal?: AbortSignal) => verifyMember(directory, entry, null, signal),
  };
  if (entry.method !== STORED) {
    // The source compares the CRC itself, if the array's last byte is the member's.
    const source = inflatedSource(directory, entry);
    return { record, source, offset: dataStart, ...(ends ? {} : verifyAll) };
  }
  const locate = async (signal?: AbortSignal) => {
    const { offset } = await memberRange(directory, entry, signal);
    return { source: directory.source, offset: offset + dataStart };
  };
  if (!ends || entry.crc === 0) return { record, locate, ...verifyAll };
  // The directory has the CRC of header and array together; what copies an array wants its own.
  const crc = crc32OfRest(entry.crc, crc32(header), nbytes);
  return {
    record,
    locate,
    crc,
    verify: async (bytes, signal) => {
      if (!bytes) return await verifyMember(directory, entry, null, signal);
      if (await checksum(bytes) === crc) return;
      throw new StateDictError("corrupt", "The array doesn't match the CRC-32 of its member", {
        path: directory.source.name,
        member: record,
        hint: "the file is damaged; get it again",
      });
    },
  };
}
