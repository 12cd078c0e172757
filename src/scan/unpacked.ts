/**
 * Unpacks a stream for a scan: small ones into memory, large ones to be unpacked again as they are
 * read. What a broken stream gives before it breaks is scanned too.
 *
 * @module
 */

import { blamesBytes, StateDictError } from "../errors.ts";
import { memorySink } from "../io/sink.ts";
import { bytesSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { slidingPages } from "../compression/pages.ts";
import type { Budget } from "./budget.ts";
import { replaySource } from "./replay.ts";

/** Unpacked bytes that are kept in memory. */
export const WHOLE: number = 32 * 2 ** 20;

/** Last bytes that are kept of a stream that is longer. */
const TAIL = 2 ** 20;

/** What a stream became. */
export interface Unpacked {
  /** Its bytes, up to where it breaks. */
  readonly bytes: ByteSource;
  /** Why it breaks. */
  readonly error: StateDictError | undefined;
}

/** Unpacks a stream that can be begun again. Throws nothing that the bytes are to blame for. */
export async function unpackStream(
  budget: Budget,
  name: string,
  pieces: () => AsyncIterable<Uint8Array>,
  limit: number = Infinity,
): Promise<Unpacked> {
  let sink: ReturnType<typeof memorySink> | undefined = memorySink();
  const tail = slidingPages(TAIL);
  let size = 0;
  let error: StateDictError | undefined;
  try {
    for await (const piece of pieces()) {
      budget.unpack(piece.length);
      if (size + piece.length > limit) {
        throw new StateDictError("limit", `The stream becomes more than ${limit} bytes`, {
          hint: "no ordinary file packs so well",
        });
      }
      size += piece.length;
      if (size > WHOLE) sink = undefined;
      else sink!.writeSync!(piece);
      for (let at = 0; at < piece.length;) at += tail.append(piece.subarray(at));
    }
  } catch (thrown) {
    if (!blamesBytes(thrown)) throw thrown;
    error = thrown;
  }
  const bytes = sink ? bytesSource(sink.bytes(), name) : replaySource({
    size,
    name,
    tail,
    async *pieces() {
      for await (const piece of pieces()) {
        budget.checkTime();
        yield piece;
      }
    },
  });
  return { bytes, error };
}
