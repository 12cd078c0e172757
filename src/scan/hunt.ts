/**
 * Looks for pickles in bytes where no reader does: in gaps, behind ends, in members that no directory
 * lists.
 *
 * @module
 */

import { startsPickle } from "../formats/pickle/sniff.ts";
import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { Scan } from "./context.ts";
import type { Place } from "./place.ts";

/** Bytes that are gone through; what hides far behind is told of as bytes that belong to nobody. */
const MAX_BYTES = 2 ** 20;

/** Places that are tried: random bytes have one in 16,000 that looks like a beginning. */
const MAX_TRIES = 100;

/** Tries every place in some bytes at which a pickle may begin; they stand at `base` of the place. */
export async function hunt(
  scan: Scan,
  source: ByteSource,
  outer: Place,
  base: number,
): Promise<void> {
  const size = Math.min(source.size, MAX_BYTES);
  const bytes = await readBytes(source, 0, size);
  let tries = 0;
  for (let at = 0; at >= 0 && at < size && tries < MAX_TRIES; at = bytes.indexOf(0x80, at + 1)) {
    if (at > 0 && !startsPickle(bytes.subarray(at, at + 2))) continue;
    tries++;
    const where = outer.where === ""
      ? `bytes at ${base + at}`
      : `${outer.where}!/bytes at ${base + at}`;
    const place: Place = { ...outer, where, name: "", hidden: true };
    await scan.look(sliceSource(source, at, source.size - at), place);
  }
}
