/**
 * Unpacked bytes as a source, in bounded memory: reads that go forward share one run through the
 * stream, a read that goes back begins another one.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkRange } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";

/** First bytes that are kept: whoever looks what something is comes back to them. */
const HEAD = 2 ** 16;

/** A stream that can be begun again and again. */
export interface Replayable {
  /** Bytes in all. */
  readonly size: number;
  /** How errors name it. */
  readonly name: string;
  /** Makes the bytes, in pieces that are good until the next one is asked for. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** Makes the source; nothing is unpacked before the first read. */
export function replaySource({ size, name, pieces }: Replayable): ByteSource {
  const head = new Uint8Array(Math.min(HEAD, size));
  let headFilled = 0;
  let run: AsyncIterator<Uint8Array> | undefined;
  let piece = new Uint8Array(0);
  let position = 0; // of the piece

  const stop = async () => {
    const ending = run;
    run = undefined;
    piece = new Uint8Array(0);
    position = 0;
    await ending?.return?.();
  };
  const advance = async () => {
    run ??= pieces()[Symbol.asyncIterator]();
    position += piece.length;
    const { done, value } = await run.next();
    if (done) {
      throw new StateDictError("truncated", `The stream ends at ${position}, not at ${size}`, {
        offset: position,
        path: name,
      });
    }
    // The piece is the stream's again once the next is asked for, and reads may come between.
    piece = new Uint8Array(value);
    if (position === headFilled && headFilled < head.length) {
      const part = piece.subarray(0, head.length - headFilled);
      head.set(part, headFilled);
      headFilled += part.length;
    }
  };
  const source: ByteSource = {
    size,
    name,
    async read(offset, target) {
      checkRange(source, offset, target.length);
      const end = offset + target.length;
      while (end <= head.length && end > headFilled) await advance();
      if (end <= headFilled) {
        target.set(head.subarray(offset, end));
        return;
      }
      if (offset < position) await stop();
      for (let filled = 0; filled < target.length;) {
        const from = offset + filled - position;
        if (from >= piece.length) {
          await advance();
          continue;
        }
        const part = piece.subarray(from, from + target.length - filled);
        target.set(part, filled);
        filled += part.length;
      }
    },
    close: stop,
  };
  return source;
}
