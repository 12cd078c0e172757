/**
 * A source over bytes that are made as they are read, from front to back.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkAborted, checkRange } from "./source.ts";
import type { ByteSource } from "./source.ts";

/** Makes the bytes once more, from the start, in blocks that are good until the next. */
export type MakeChunks = (signal?: AbortSignal) => AsyncIterator<Uint8Array>;

/**
 * Serves reads from what `make` makes. Reading on costs what making costs; reading back begins
 * anew, so this is for readers that go from front to back, as writers do.
 */
export function sequentialSource(size: number, name: string, make: MakeChunks): ByteSource {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let rest = new Uint8Array(0) as Uint8Array;
  let position = 0;
  const source: ByteSource = {
    size,
    name,
    async read(offset, target, signal) {
      checkRange(source, offset, target.length);
      if (!chunks || offset < position) {
        await chunks?.return?.();
        chunks = make(signal);
        rest = new Uint8Array(0);
        position = 0;
      }
      const end = offset + target.length;
      while (position < end) {
        checkAborted(signal);
        if (rest.length === 0) {
          const next = await chunks.next();
          if (next.done) {
            throw new StateDictError("io", `Only ${position} of ${size} bytes were made`, {
              path: name,
            });
          }
          rest = next.value;
          continue;
        }
        const from = Math.max(0, Math.min(rest.length, offset - position));
        const length = Math.min(rest.length, end - position);
        if (length > from) target.set(rest.subarray(from, length), position + from - offset);
        position += length;
        rest = rest.subarray(length);
      }
      // What only the end shows, such as a wrong checksum, is an error of the read that reaches it.
      if (position === size) await chunks.next();
    },
    async close() {
      await chunks?.return?.();
      chunks = undefined;
    },
  };
  return source;
}
