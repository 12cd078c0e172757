/**
 * Reads ahead: many small reads from front to back become few.
 *
 * @module
 */

import { checkRange, readBytes } from "./source.ts";
import type { ByteSource } from "./source.ts";

/** Bytes read at a time: what a disk gives in one go. */
const BLOCK = 64 * 1024;

/**
 * The same source, for a reader that goes from front to back in small steps. One block is kept; a
 * read that is as long as a block goes past it. Closing it leaves the source open.
 */
export function readAhead(source: ByteSource): ByteSource {
  // Memory is read without a copy: there is nothing to gain.
  if (source.view) return source;
  let block = new Uint8Array(0);
  let base = 0;
  const held = (offset: number, length: number): Uint8Array | undefined =>
    offset >= base && offset + length <= base + block.length
      ? block.subarray(offset - base, offset - base + length)
      : undefined;
  return {
    size: source.size,
    name: source.name,
    async read(offset, target, signal) {
      const { length } = target;
      checkRange(source, offset, length);
      let bytes = held(offset, length);
      if (!bytes) {
        if (length >= BLOCK) return await source.read(offset, target, signal);
        const fresh = await readBytes(
          source,
          offset,
          Math.min(BLOCK, source.size - offset),
          signal,
        );
        block = fresh;
        base = offset;
        bytes = fresh.subarray(0, length);
      }
      target.set(bytes);
    },
    close: () => Promise.resolve(),
  };
}
