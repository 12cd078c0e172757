/**
 * How a tensor's numbers are spread.
 *
 * @module
 */

import { numberBlocks } from "./numbers.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Counts the finite numbers in `bins` ranges of equal width from `min` to `max`, which are theirs.
 * The greatest number belongs to the last range. Reads the tensor once, in blocks.
 */
export async function tensorHistogram(
  tensor: Tensor,
  min: number,
  max: number,
  bins: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const counts = new Array<number>(bins).fill(0);
  // Halves: the distance of the two ends may be beyond a double.
  const width = max / 2 - min / 2;
  for await (const block of numberBlocks(tensor, signal)) {
    for (const number of block) {
      if (number - number !== 0) continue;
      const place = width > 0 ? Math.floor((number / 2 - min / 2) / width * bins) : 0;
      counts[Math.min(place, bins - 1)]!++;
    }
  }
  return counts;
}
