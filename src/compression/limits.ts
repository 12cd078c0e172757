/**
 * How much packed bytes may become.
 *
 * @module
 */

/**
 * How much a packed stream may become before it counts as a bomb: 64 times its size and 64 MiB.
 * Deflate reaches 1032 times, bzip2 more than a million; weights rarely pass 4.
 */
export function inflationLimit(packed: number): number {
  return 64 * packed + 2 ** 26;
}
