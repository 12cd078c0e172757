/**
 * xxHash, 32 bits wide, which LZ4 frames carry of their headers, blocks and contents.
 *
 * @module
 */

const PRIME_1 = 0x9e3779b1 | 0;
const PRIME_2 = 0x85ebca77 | 0;
const PRIME_3 = 0xc2b2ae3d | 0;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

/** Bytes a turn: four lanes of four. */
const STRIPE = 16;

/** A hash of bytes that come in pieces. */
export interface XxHash32 {
  /** Takes more bytes in. */
  update(bytes: Uint8Array): void;
  /** The hash of all of them, without a sign. */
  digest(): number;
}

/** The hash of bytes that are all there. */
export function xxHash32(bytes: Uint8Array): number {
  const hash = startXxHash32();
  hash.update(bytes);
  return hash.digest();
}

/** Starts a hash with seed 0. */
export function startXxHash32(): XxHash32 {
  const lanes = Int32Array.of(PRIME_1 + PRIME_2, PRIME_2, 0, -PRIME_1);
  const rest = new Uint8Array(STRIPE);
  let held = 0;
  let total = 0;
  return {
    update(bytes) {
      total += bytes.length;
      let from = 0;
      if (held > 0) {
        const part = bytes.subarray(0, STRIPE - held);
        rest.set(part, held);
        held += part.length;
        from = part.length;
        if (held < STRIPE) return;
        mixStripes(lanes, rest, 0, STRIPE);
      }
      const end = from + (bytes.length - from & -STRIPE);
      mixStripes(lanes, bytes, from, end);
      held = bytes.length - end;
      rest.set(bytes.subarray(end));
    },
    digest: () => finish(lanes, rest.subarray(0, held), total),
  };
}

function mixStripes(lanes: Int32Array, bytes: Uint8Array, from: number, end: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [a = 0, b = 0, c = 0, d = 0] = lanes;
  for (let i = from; i < end; i += STRIPE) {
    a = mixLane(a, view.getInt32(i, true));
    b = mixLane(b, view.getInt32(i + 4, true));
    c = mixLane(c, view.getInt32(i + 8, true));
    d = mixLane(d, view.getInt32(i + 12, true));
  }
  lanes[0] = a;
  lanes[1] = b;
  lanes[2] = c;
  lanes[3] = d;
}

function mixLane(lane: number, word: number): number {
  return Math.imul(rotate(lane + Math.imul(word, PRIME_2) | 0, 13), PRIME_1);
}

function finish(lanes: Int32Array, rest: Uint8Array, total: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = lanes;
  let hash = total < STRIPE
    ? PRIME_5
    : rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18) | 0;
  hash = hash + total | 0;
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  let i = 0;
  for (; i + 4 <= rest.length; i += 4) {
    hash = Math.imul(rotate(hash + Math.imul(view.getInt32(i, true), PRIME_3) | 0, 17), PRIME_4);
  }
  for (; i < rest.length; i++) {
    hash = Math.imul(rotate(hash + Math.imul(rest[i]!, PRIME_5) | 0, 11), PRIME_1);
  }
  hash = Math.imul(hash ^ hash >>> 15, PRIME_2);
  hash = Math.imul(hash ^ hash >>> 13, PRIME_3);
  return (hash ^ hash >>> 16) >>> 0;
}

function rotate(word: number, bits: number): number {
  return word << bits | word >>> 32 - bits;
}
