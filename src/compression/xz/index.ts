/**
 * The index of an xz stream, which lists its blocks' sizes a second time.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { crc32 } from "../../io/crc32.ts";
import type { PackedInput } from "../packed_input.ts";
import { numberBytes, readNumber } from "./numbers.ts";

/** Index bytes read at a time. */
const STEP = 2 ** 14;

/** The blocks of a stream as its index should list them: not they are kept, but their CRC-32. */
export interface BlockRecords {
  /** How many. */
  count: number;
  /** Bytes of their records. */
  size: number;
  /** CRC-32 of them. */
  crc: number;
}

/** Adds a block: its packed bytes without the padding, and its plain bytes. */
export function addRecord(records: BlockRecords, packed: number, plain: number): void {
  for (const bytes of [numberBytes(packed), numberBytes(plain)]) {
    records.size += bytes.length;
    records.crc = crc32(bytes, records.crc);
  }
  records.count++;
}

/** Reads the index behind its first byte, 0, compares it with the blocks, and gives its size. */
export async function checkIndex(input: PackedInput, records: BlockRecords): Promise<number> {
  const start = input.position - 1;
  const corrupt = (what: string) =>
    new StateDictError("corrupt", `The index of the xz stream ${what}`, {
      offset: start,
      path: input.name,
    });
  let crc = crc32(Uint8Array.of(0));
  const take = async (count: number) => {
    const bytes = await input.take(count);
    crc = crc32(bytes, crc);
    return bytes;
  };
  const count = await take(numberBytes(records.count).length);
  if (readNumber(count, 0)?.[0] !== records.count) {
    throw corrupt(`doesn't list its ${records.count} blocks`);
  }
  let sum = 0;
  for (let left = records.size; left > 0;) {
    const bytes = await take(Math.min(left, STEP));
    sum = crc32(bytes, sum);
    left -= bytes.length;
  }
  if (sum !== records.crc) throw corrupt("lists other sizes than the blocks have");
  const padding = await take(start - input.position & 3);
  if (padding.some((byte) => byte !== 0)) throw corrupt("is padded with other bytes than zeros");
  const stored = await input.take(4);
  if (new DataView(stored.buffer, stored.byteOffset).getUint32(0, true) !== crc) {
    throw corrupt("has a wrong CRC-32");
  }
  return input.position - start;
}
