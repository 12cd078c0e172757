/**
 * Records byte for byte as PyTorch's `PyTorchFileWriter` and its copy of miniz write them.
 *
 * @module
 */

import {
  DESCRIPTOR_SIGNATURE,
  ENTRY_SIGNATURE,
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  FULL32,
  LOCAL_SIGNATURE,
  LOCAL_SIZE,
  STORED,
  ZIP64_FIELD,
} from "./layout.ts";
import { endRecord, record, zip64EndRecord } from "./written.ts";
import type { Field, WrittenMember, ZipLayout } from "./written.ts";

const FB = 0x4246; // the id of the padding field, "FB" for Facebook
const FILLER = 0x5a;

/** Unix, version 3.0: what miniz writes. */
const MADE_BY = 0x031e;

/** The layout of torch.save, with the data of every member at a multiple of `alignment`. */
export function torchLayout(alignment: number): ZipLayout {
  return {
    patches: false,
    local(member) {
      const { name, size, offset } = member;
      const wide: Field[] = [];
      if (size >= FULL32) wide.push([8, size], [8, 0]);
      if (offset >= FULL32) wide.push([8, offset]);
      const zip64 = wide.length === 0
        ? new Uint8Array(0)
        : record([[2, ZIP64_FIELD], [2, wide.length * 8], ...wide]);
      const start = offset + LOCAL_SIZE + name.length + zip64.length + 4;
      const pad = (alignment - start % alignment) % alignment;
      const padding = new Uint8Array(pad).fill(FILLER);
      return record(
        [
          [4, LOCAL_SIGNATURE],
          [2, versionNeeded(member)],
          [2, flagsOf(member)],
          [2, member.method],
          [4, 0], // time and date
          [4, 0], // CRC and sizes are in the descriptor and the directory
          [4, 0],
          [4, 0],
          [2, name.length],
          [2, zip64.length + 4 + pad],
        ],
        name,
        zip64,
        record([[2, FB], [2, pad]]),
        padding,
      );
    },
    descriptor(member) {
      const { size, crc, compressedSize, offset } = member;
      if (size === 0) return undefined;
      const bytes = size >= FULL32 || offset >= FULL32 ? 8 : 4;
      return record([[4, DESCRIPTOR_SIGNATURE], [4, crc], [bytes, compressedSize], [bytes, size]]);
    },
    entry(member) {
      const { name, size, compressedSize, offset } = member;
      const wide = [size, compressedSize, offset].filter((value) => value >= FULL32);
      const zip64 = wide.length === 0 ? new Uint8Array(0) : record([
        [2, ZIP64_FIELD],
        [2, wide.length * 8],
        ...wide.map((value): Field => [8, value]),
      ]);
      return record(
        [
          [4, ENTRY_SIGNATURE],
          [2, 0], // version made by
          [2, versionNeeded(member)],
          [2, flagsOf(member)],
          [2, member.method],
          [4, 0], // time and date
          [4, member.crc],
          [4, Math.min(compressedSize, FULL32)],
          [4, Math.min(size, FULL32)],
          [2, name.length],
          [2, zip64.length],
          [2, 0], // comment
          [2, 0], // disk
          [2, 0], // internal attributes
          [4, 0], // external attributes
          [4, Math.min(offset, FULL32)],
        ],
        name,
        zip64,
      );
    },
    end(count, offset, size) {
      return record([
        ...zip64EndRecord(MADE_BY, count, offset, size),
        ...endRecord(count, offset, size),
      ]);
    },
  };
}

function versionNeeded(member: WrittenMember): number {
  return member.method === STORED ? 0 : 20;
}

function flagsOf(member: WrittenMember): number {
  return member.size === 0 ? FLAG_UTF8 : FLAG_UTF8 | FLAG_DESCRIPTOR;
}
