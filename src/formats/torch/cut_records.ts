/**
 * The records of an archive whose directory is missing, found from the front.
 *
 * PyTorch writes the pickle first and the storages behind it, so a walk from local header to local
 * header tells what is there; how long each storage is only the pickle knows for sure.
 *
 * @module
 */

import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { DESCRIPTOR_SIGNATURE, LOCAL_SIGNATURE, LOCAL_SIZE, STORED } from "../../zip/layout.ts";

/** How far behind a record the next one is looked for: its descriptor, or a short record. */
const SEARCH = 64 * 1024;

/** A stored record that begins in the file. */
export interface CutRecord {
  /** Its name. */
  readonly name: string;
  /** Where its data begins. */
  readonly data: number;
  /** Bytes by its header; 0 where that was written before they were known. */
  readonly size: number;
  /** The CRC-32 by its header; 0 likewise. */
  readonly crc: number;
}

/** The record whose local header begins at `at`; undefined if none does, or it isn't stored. */
export async function recordAt(
  source: ByteSource,
  at: number,
  signal?: AbortSignal,
): Promise<CutRecord | undefined> {
  if (at + LOCAL_SIZE > source.size) return undefined;
  const head = await readBytes(source, at, LOCAL_SIZE, signal);
  const view = new DataView(head.buffer, head.byteOffset);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) return undefined;
  if (view.getUint16(8, true) !== STORED) return undefined;
  const length = view.getUint16(26, true);
  const data = at + LOCAL_SIZE + length + view.getUint16(28, true);
  if (data > source.size) return undefined;
  const name = await readBytes(source, at + LOCAL_SIZE, length, signal);
  return {
    name: new TextDecoder().decode(name),
    data,
    size: view.getUint32(22, true),
    crc: view.getUint32(14, true),
  };
}

/** The records behind `from`, as long as they can be told apart; `sizeOf` knows how long one is. */
export async function* recordsBehind(
  source: ByteSource,
  from: number,
  sizeOf: (record: CutRecord) => number,
  signal?: AbortSignal,
): AsyncGenerator<CutRecord, void, void> {
  for (let at = await findHeader(source, from, signal); at !== undefined;) {
    const record = await recordAt(source, at, signal);
    if (!record) return;
    yield record;
    const end = record.data + sizeOf(record);
    if (end > source.size) return;
    at = await findHeader(source, end, signal);
  }
}

async function findHeader(
  source: ByteSource,
  from: number,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const bytes = await readBytes(source, from, Math.min(SEARCH, source.size - from), signal);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i + 4 <= bytes.length; i++) {
    if (view.getUint32(i, true) === LOCAL_SIGNATURE) return from + i;
  }
  return undefined;
}

/** The CRC-32 of a record of that many bytes: its header's, else its descriptor's, else 0. */
export async function checksumOf(
  source: ByteSource,
  { data, crc }: CutRecord,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  const end = data + size;
  if (crc !== 0 || end + 8 > source.size) return crc;
  const bytes = await readBytes(source, end, 8, signal);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return view.getUint32(0, true) === DESCRIPTOR_SIGNATURE ? view.getUint32(4, true) : 0;
}
