/**
 * Records byte for byte as Python's zipfile writes them for `numpy.savez`: every local header has
 * a zip64 field, because numpy doesn't say beforehand how large an array is.
 *
 * @module
 */

import {
  DESCRIPTOR_SIGNATURE,
  ENTRY_SIGNATURE,
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  FULL16,
  FULL32,
  LOCAL_SIGNATURE,
  ZIP64_FIELD,
} from "./layout.ts";
import { endRecord, record, zip64EndRecord } from "./written.ts";
import type { Field, WrittenMember, ZipLayout } from "./written.ts";

/** Python keeps clear of the sign bit. */
const LIMIT = 2 ** 31 - 1;

/** 1 January 1980, 0 o'clock: the first date that zip knows, as time and date. */
const NO_DATE = 0x00210000;

/** A file that its owner may read and write, in the place of Unix. */
const PRIVATE_FILE = 0o600 * 2 ** 16;

const VERSION = 45; // with zip64
const UNIX = 3 << 8;

/** The layout of numpy.savez. */
export const NUMPY_LAYOUT: ZipLayout = {
  patches: true,
  local(member) {
    const { name, size, compressedSize, crc, streamed } = member;
    return record(
      [
        [4, LOCAL_SIGNATURE],
        [2, VERSION],
        [2, flagsOf(member)],
        [2, member.method],
        [4, NO_DATE],
        [4, streamed ? 0 : crc],
        [4, FULL32],
        [4, FULL32],
        [2, name.length],
        [2, 20],
      ],
      name,
      record([
        [2, ZIP64_FIELD],
        [2, 16],
        [8, streamed ? 0 : size],
        [8, streamed ? 0 : compressedSize],
      ]),
    );
  },
  descriptor(member) {
    if (!member.streamed) return undefined;
    const { crc, compressedSize, size } = member;
    return record([[4, DESCRIPTOR_SIGNATURE], [4, crc], [8, compressedSize], [8, size]]);
  },
  entry(member) {
    const { name, size, compressedSize, offset, crc } = member;
    const wide: Field[] = [];
    const large = size > LIMIT || compressedSize > LIMIT;
    if (large) wide.push([8, size], [8, compressedSize]);
    if (offset > LIMIT) wide.push([8, offset]);
    const zip64 = wide.length === 0
      ? new Uint8Array(0)
      : record([[2, ZIP64_FIELD], [2, wide.length * 8], ...wide]);
    return record(
      [
        [4, ENTRY_SIGNATURE],
        [2, UNIX | VERSION],
        [2, VERSION],
        [2, flagsOf(member)],
        [2, member.method],
        [4, NO_DATE],
        [4, crc],
        [4, large ? FULL32 : compressedSize],
        [4, large ? FULL32 : size],
        [2, name.length],
        [2, zip64.length],
        [2, 0], // comment
        [2, 0], // disk
        [2, 0], // internal attributes
        [4, PRIVATE_FILE],
        [4, offset > LIMIT ? FULL32 : offset],
      ],
      name,
      zip64,
    );
  },
  end(count, offset, size) {
    const plain = endRecord(count, offset, size);
    if (count <= FULL16 && offset <= LIMIT && size <= LIMIT) return record(plain);
    return record([...zip64EndRecord(VERSION, count, offset, size), ...plain]);
  },
};

function flagsOf(member: WrittenMember): number {
  // Python sets the flag only where the name needs it.
  const utf8 = member.name.some((byte) => byte >= 128) ? FLAG_UTF8 : 0;
  return utf8 | (member.streamed ? FLAG_DESCRIPTOR : 0);
}
