/**
 * The text of a bzip2 block: its places followed in order, and runs of four or more written out.
 *
 * @module
 */

import type { Block } from "./block.ts";

/** Bytes given out at a time; a block of 900,000 may stand for 46 million. */
const PIECE = 2 ** 18;

/** Gives out the text of a block, and its CRC-32 at the end. */
export function* blockText(block: Block, out: Uint8Array): Generator<Uint8Array, number> {
  const { links } = block;
  let next = links[block.origin]! >>> 8;
  let left = block.count;
  let previous = -1;
  let same = 0;
  let repeats = 0;
  let crc = -1;
  while (left > 0 || repeats > 0) {
    let size = Math.min(repeats, out.length);
    out.fill(previous, 0, size);
    repeats -= size;
    for (; left > 0 && size < out.length; left--) {
      const link = links[next]!;
      next = link >>> 8;
      const byte = link & 255;
      if (same === 4) {
        // The byte after four equal ones says how many more there are.
        const end = Math.min(size + byte, out.length);
        out.fill(previous, size, end);
        repeats = byte - (end - size);
        size = end;
        same = 0;
        continue;
      }
      same = byte === previous ? same + 1 : 1;
      previous = byte;
      out[size++] = byte;
    }
    const piece = out.subarray(0, size);
    crc = crc32(piece, crc);
    yield piece;
  }
  return ~crc;
}

/** Memory for the pieces of {@linkcode blockText}. */
export function pieceMemory(): Uint8Array {
  return new Uint8Array(PIECE);
}

let tables: Int32Array | undefined;

/** bzip2's CRC-32: the polynomial of zip's, but the highest bit comes first. Four bytes a turn. */
function crc32(bytes: Uint8Array, seed: number): number {
  const t = tables ??= makeTables();
  let crc = seed;
  let i = 0;
  for (const last = bytes.length - 4; i <= last; i += 4) {
    crc = t[768 + (crc >>> 24 ^ bytes[i]!)]! ^ t[512 + ((crc >>> 16 & 255) ^ bytes[i + 1]!)]! ^
      t[256 + ((crc >>> 8 & 255) ^ bytes[i + 2]!)]! ^ t[(crc & 255) ^ bytes[i + 3]!]!;
  }
  for (; i < bytes.length; i++) crc = crc << 8 ^ t[crc >>> 24 ^ bytes[i]!]!;
  return crc;
}

/** Four tables: table k is what a byte becomes that has k more bytes behind it. */
function makeTables(): Int32Array {
  const made = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? crc << 1 ^ 0x04c11db7 : crc << 1;
    made[byte] = crc;
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256]!;
    made[i] = before << 8 ^ made[before >>> 24]!;
  }
  return made;
}
