/**
 * What the writer and its layouts share: a member on its way into an archive, and records.
 *
 * @module
 */

import {
  END64_SIGNATURE,
  END_SIGNATURE,
  FULL16,
  FULL32,
  LOCATOR_SIGNATURE,
  writeU64,
} from "./layout.ts";

/** A member as it is written. */
export interface WrittenMember {
  /** Its name in UTF-8. */
  readonly name: Uint8Array;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** Plain bytes, known from the start. */
  readonly size: number;
  /** Offset of its local header. */
  readonly offset: number;
  /** Whether CRC and packed size were not known when the local header was written for good. */
  readonly streamed: boolean;
  /** Bytes in the archive; 0 until the data is written. */
  compressedSize: number;
  /** CRC-32 of the plain bytes; 0 until the data is written. */
  crc: number;
}

/** How an archive's records look: there is more than one way to write the same archive. */
export interface ZipLayout {
  /** Whether local headers get CRC and sizes afterwards, where the sink can go back. */
  readonly patches: boolean;
  /** What stands before the data. */
  local(member: WrittenMember): Uint8Array;
  /** What stands behind the data; undefined for nothing. */
  descriptor(member: WrittenMember): Uint8Array | undefined;
  /** Its entry in the directory. */
  entry(member: WrittenMember): Uint8Array;
  /** What stands behind the directory. */
  end(count: number, offset: number, size: number): Uint8Array;
}

/** A number and how many bytes it takes. */
export type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Lays numbers one behind the other, little-endian, and `rest` behind them. */
export function record(fields: readonly Field[], ...rest: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const [bytes] of fields) length += bytes;
  for (const part of rest) length += part.length;
  const made = new Uint8Array(length);
  const view = new DataView(made.buffer);
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else writeU64(view, at, value);
    at += bytes;
  }
  for (const part of rest) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

/** The record at an archive's end. Numbers that don't fit are in the zip64 record before it. */
export function endRecord(count: number, offset: number, size: number): Field[] {
  return [
    [4, END_SIGNATURE],
    [4, 0], // disks
    [2, Math.min(count, FULL16)],
    [2, Math.min(count, FULL16)],
    [4, Math.min(size, FULL32)],
    [4, Math.min(offset, FULL32)],
    [2, 0], // comment
  ];
}

/** The zip64 record and its locator, which stand before the end record. */
export function zip64EndRecord(
  madeBy: number,
  count: number,
  offset: number,
  size: number,
): Field[] {
  return [
    [4, END64_SIGNATURE],
    [8, 44], // bytes that follow
    [2, madeBy],
    [2, 45], // version needed
    [4, 0], // disks
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, offset],
    [4, LOCATOR_SIGNATURE],
    [4, 0], // disk
    [8, offset + size],
    [4, 1], // disks in all
  ];
}
