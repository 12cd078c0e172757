/**
 * LZ4 blocks: runs of literals, and matches with what was before.
 *
 * @module
 */

/** How far back a match may reach. */
export const LZ4_HISTORY = 0xffff;

const SHORTEST_MATCH = 4;

/** Above this many bytes the runtime's own copy is quicker than a loop. */
const SHORT = 32;

/** Short runs are copied in words, whose last may pass the run's end by so many bytes. */
export const LZ4_SPARE = 16;

/**
 * Unpacks a block to `start` of `out`, whose bytes from `history` on matches may refer to. Gives
 * the place behind the last byte, or -1 if the block is damaged or passes `limit`. There must be
 * {@linkcode LZ4_SPARE} bytes behind `limit`.
 */
export function decodeLz4Block(
  packed: Uint8Array,
  out: Uint8Array,
  start: number,
  limit: number,
  history: number,
): number {
  const size = packed.length;
  const source = new DataView(packed.buffer, packed.byteOffset, size);
  const target = new DataView(out.buffer, out.byteOffset, out.byteLength);
  let from = 0;
  let to = start;
  while (from < size) {
    const token = packed[from++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      for (let more = 255; more === 255;) {
        if (from >= size) return -1;
        more = packed[from++]!;
        literals += more;
      }
    }
    const literalsEnd = from + literals;
    if (literalsEnd > size || literals > limit - to) return -1;
    if (literals <= 16 && from + 16 <= size) {
      copyWords(source, from, target, to);
      if (literals > 8) copyWords(source, from + 8, target, to + 8);
    } else out.set(packed.subarray(from, literalsEnd), to);
    to += literals;
    from = literalsEnd;
    // The last run of literals has no match behind it.
    if (from === size) return to;

    if (from + 2 > size) return -1;
    const distance = packed[from]! | packed[from + 1]! << 8;
    from += 2;
    let length = (token & 15) + SHORTEST_MATCH;
    if (length === 15 + SHORTEST_MATCH) {
      for (let more = 255; more === 255;) {
        if (from >= size) return -1;
        more = packed[from++]!;
        length += more;
      }
    }
    let match = to - distance;
    if (distance === 0 || match < history || length > limit - to) return -1;
    const end = to + length;
    if (length > SHORT) repeat(out, match, to, end);
    else if (distance < 8) { while (to < end) out[to++] = out[match++]!; }
    else for (; to < end; to += 8, match += 8) copyWords(target, match, target, to);
    to = end;
  }
  return -1;
}

/** Copies eight bytes. */
function copyWords(source: DataView, from: number, target: DataView, to: number): void {
  target.setInt32(to, source.getInt32(from, true), true);
  target.setInt32(to + 4, source.getInt32(from + 4, true), true);
}

/** Writes what lies between `from` and `to` again and again, twice as much each time. */
function repeat(out: Uint8Array, from: number, to: number, end: number): void {
  for (let at = to; at < end;) {
    const part = Math.min(at - from, end - at);
    out.copyWithin(at, from, from + part);
    at += part;
  }
}
