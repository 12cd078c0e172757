/**
 * zlib streams (RFC 1950): deflate with a header of two bytes and an Adler-32 behind.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { inflateRaw } from "./inflate.ts";
import type { PackedInput } from "./packed_input.ts";

/** Unpacks a zlib stream and checks its Adler-32. */
export async function* decodeZlib(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  const start = input.position;
  const corrupt = (what: string, offset: number) =>
    new StateDictError("corrupt", what, { offset, path: input.name });
  const [method = 0, flags = 0] = await input.take(2);
  if ((method & 15) !== 8) {
    throw corrupt(`The zlib stream names method ${method & 15}; only 8 exists`, start);
  }
  if ((method * 256 + flags) % 31 !== 0) throw corrupt("The zlib header's check is wrong", start);
  if (flags & 32) {
    throw new StateDictError("unsupported", "The zlib stream needs a preset dictionary", {
      offset: start,
      path: input.name,
    });
  }
  let sum = 1;
  for await (const piece of inflateRaw(input)) {
    sum = adler32(piece, sum);
    yield piece;
  }
  const at = input.position;
  const [a = 0, b = 0, c = 0, d = 0] = await input.take(4);
  const stated = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if (stated !== sum) {
    throw corrupt(`The Adler-32 is ${hex(sum)}, but the stream says ${hex(stated)}`, at);
  }
}

/** Adler-32's modulus, the largest prime below 2^16. */
const MODULUS = 65521;

/** Bytes between two divisions. */
const BLOCK = 64;

/** The Adler-32 of `bytes`, or of more bytes than these when `seed` is the sum of those before. */
export function adler32(bytes: Uint8Array, seed = 1): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let low = seed & 0xffff;
  let high = seed >>> 16;
  let at = 0;
  // Four bytes at a time in two pairs of 16-bit lanes: twice as fast as byte by byte. A lane holds
  // the sums of a block's 16 words, 16 * 17 / 2 * 255 at most.
  for (const last = bytes.length - BLOCK; at <= last;) {
    let even = 0;
    let odd = 0;
    let evenSums = 0;
    let oddSums = 0;
    for (const end = at + BLOCK; at < end; at += 4) {
      const word = view.getInt32(at, true);
      even += word & 0xff00ff;
      odd += word >>> 8 & 0xff00ff;
      evenSums += even;
      oddSums += odd;
    }
    const second = odd & 0xffff;
    const third = even >>> 16;
    const fourth = odd >>> 16;
    const sums = (evenSums & 0xffff) + (evenSums >>> 16) + (oddSums & 0xffff) + (oddSums >>> 16);
    // A byte counts once for itself and each behind it; `sums` counts a word's four alike.
    high = (high + BLOCK * low + 4 * sums - second - 2 * third - 3 * fourth) % MODULUS;
    low = (low + (even & 0xffff) + second + third + fourth) % MODULUS;
  }
  for (; at < bytes.length; at++) {
    low = (low + bytes[at]!) % MODULUS;
    high = (high + low) % MODULUS;
  }
  return (high << 16 | low) >>> 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
