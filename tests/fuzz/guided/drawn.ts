/**
 * Choices that the fuzzer's bytes make, so that it can learn which of them lead on.
 *
 * @module
 */

import type { Random } from "../random.ts";

/** Draws from the bytes, front to back; behind their end every number is 0. */
export function drawnFrom(bytes: Uint8Array): Random {
  let at = 0;
  const below = (limit: number): number => {
    let drawn = 0;
    for (let reach = 1; reach < limit; reach *= 256) drawn = drawn * 256 + (bytes[at++] ?? 0);
    return limit > 0 ? drawn % limit : 0;
  };
  return { below, pick: (items) => items[below(items.length)]! };
}
