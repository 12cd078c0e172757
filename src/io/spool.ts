/**
 * What can only be read from front to back (standard input, a pipe, a web stream), gathered in
 * memory so that it can be read anywhere.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { bytesSource, checkAborted } from "./source.ts";
import type { ByteSource } from "./source.ts";

/**
 * Bytes that are gathered unless the caller says otherwise: half of what the smallest runtime (Bun)
 * takes as one array, because the pieces and the whole are there at once for a moment.
 */
export const SPOOL_LIMIT: number = 2 ** 31;

/** How much to gather. */
export interface SpoolOptions {
  /** Most bytes to take; {@linkcode SPOOL_LIMIT} by default. */
  readonly limit?: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** Gathers a stream in memory; more than the limit is an error, not a cut. */
export async function spool(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  options: SpoolOptions = {},
): Promise<ByteSource> {
  const { limit = SPOOL_LIMIT, signal } = options;
  const pieces: (Uint8Array | null)[] = [];
  let size = 0;
  for await (const piece of stream) {
    checkAborted(signal);
    size += piece.length;
    if (size > limit) {
      throw new StateDictError("limit", `The stream is longer than ${limit} bytes`, {
        path: name,
        hint: "save it as a file, which is read in place",
      });
    }
    pieces.push(piece);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    bytes.set(pieces[i]!, at);
    at += pieces[i]!.length;
    pieces[i] = null; // free it while the rest is copied
  }
  return bytesSource(bytes, name);
}
