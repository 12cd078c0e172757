/**
 * Unpacked bytes as a source, in bounded memory: reads that go forward share one run through the
 * stream, a read that goes back further than what is kept begins another one.
 *
 * @module
 */

import { slidingPages } from "../compression/pages.ts";
import type { Pages } from "../compression/pages.ts";
import { StateDictError } from "../errors.ts";
import { checkRange } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";

/** First bytes that are kept: whoever looks what something is comes back to them. */
const HEAD = 2 ** 16;

/** Last bytes that are kept: a window of the pickle machine, in whose midst an array may begin. */
const KEPT = 4 * 2 ** 20;

/** A stream that can be begun again and again. */
export interface Replayable {
  /** Bytes in all. */
  readonly size: number;
  /** How errors name it. */
  readonly name: string;
  /** Makes the bytes, in pieces that are good until the next one is asked for. */
  pieces(): AsyncIterable<Uint8Array>;
  /** The end of the stream, if it has been seen: an archive is known by it. */
  readonly tail?: Pages;
}

/** Makes the source; nothing is unpacked before the first read. */
export function replaySource({ size, name, pieces, tail }: Replayable): ByteSource {
  const head = slidingPages(HEAD);
  let run: AsyncIterator<Uint8Array> | undefined;
  let rest: Uint8Array = NOTHING;
  let kept = slidingPages(KEPT);

  const stop = async () => {
    const ending = run;
    run = undefined;
    rest = NOTHING;
    kept = slidingPages(KEPT);
    await ending?.return?.();
  };
  const advance = async () => {
    run ??= pieces()[Symbol.asyncIterator]();
    if (rest.length === 0) {
      const { done, value } = await run.next();
      if (done) {
        throw new StateDictError("truncated", `The stream ends at ${kept.end}, not at ${size}`, {
          offset: kept.end,
          path: name,
        });
      }
      rest = value;
    }
    if (head.end === kept.end && head.end < HEAD) head.append(rest.subarray(0, HEAD - head.end));
    rest = rest.subarray(kept.append(rest));
  };
  const source: ByteSource = {
    size,
    name,
    async read(offset, target) {
      checkRange(source, offset, target.length);
      if (tail && offset >= tail.start && tail.end === size) {
        tail.copy(offset, target);
        return;
      }
      if (offset + target.length <= head.end) {
        head.copy(offset, target);
        return;
      }
      for (let done = 0; done < target.length;) {
        const at = offset + done;
        if (at < kept.start) await stop();
        if (at < kept.end) done += kept.copy(at, target.subarray(done));
        else await advance();
      }
    },
    close: stop,
  };
  return source;
}

const NOTHING = new Uint8Array(0);
