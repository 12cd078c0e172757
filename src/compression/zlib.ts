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

/** The Adler-32 of `bytes`, or of more bytes than these when `seed` is the sum of those before. */
export function adler32(bytes: Uint8Array, seed = 1): number {
  let low = seed & 0xffff;
  let high = seed >>> 16;
  for (let from = 0; from < bytes.length;) {
    // 5552 is zlib's NMAX, the most bytes before `high` could pass 32 bits.
    const to = Math.min(from + 5552, bytes.length);
    for (; from < to; from++) {
      low += bytes[from]!;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return ((high << 16) | low) >>> 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
