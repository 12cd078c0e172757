/**
 * A source over bytes that can only be made from front to back, such as unpacked ones.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkAborted, checkRange } from "./source.ts";
import type { ByteSource } from "./source.ts";

/** How the bytes are made. */
export interface ForwardBytes {
  /** Bytes in all. */
  readonly size: number;
  /** How errors name them. */
  readonly name: string;
  /** Makes all of them, in pieces that are good until the next is asked for. */
  pieces(): AsyncIterable<Uint8Array>;
  /** Makes all of them at once. */
  whole(): Promise<Uint8Array>;
}

/**
 * Reads that go forward share one run through the pieces, in bounded memory. The first that goes
 * back makes all bytes at once, since going back often (a column-major array is read so) would mean
 * as many runs; they are let go when the last byte has been read.
 *
 * The run is led to its end behind the last byte: what only the end shows, such as a wrong checksum,
 * is an error of the read that reaches it.
 */
export function forwardSource(bytes: ForwardBytes): ByteSource {
  const { size, name } = bytes;
  let run: AsyncIterator<Uint8Array> | null = null;
  let piece: Uint8Array = NOTHING;
  let position = 0; // of the piece
  let all: Uint8Array | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const restart = async () => {
    const ending = run;
    run = null;
    piece = NOTHING;
    position = 0;
    await ending?.return?.();
  };
  const nextPiece = async () => {
    position += piece.length;
    piece = NOTHING;
    const { done, value } = await run!.next();
    if (!done) piece = value;
    return !done;
  };
  const readForward = async (offset: number, target: Uint8Array, signal?: AbortSignal) => {
    run ??= bytes.pieces()[Symbol.asyncIterator]();
    for (let filled = 0; filled < target.length;) {
      const from = offset + filled - position;
      if (from >= piece.length) {
        checkAborted(signal);
        if (await nextPiece()) continue;
        throw new StateDictError("truncated", `The bytes end at ${position} of ${size}`, {
          offset: position,
          path: name,
        });
      }
      const part = piece.subarray(from, from + target.length - filled);
      target.set(part, filled);
      filled += part.length;
    }
    if (offset + target.length < size) return;
    while (await nextPiece());
    await restart();
  };
  const read = async (offset: number, target: Uint8Array, signal?: AbortSignal) => {
    if (offset < position && !all) {
      await restart();
      all = await bytes.whole();
    }
    if (!all) return await readForward(offset, target, signal);
    target.set(all.subarray(offset, offset + target.length));
    if (offset + target.length === size) all = null;
  };

  const source: ByteSource = {
    size,
    name,
    async read(offset, target, signal) {
      checkRange(source, offset, target.length);
      if (target.length === 0) return;
      // Reads at the same time take turns: there is one run.
      const turn = last.then(() => read(offset, target, signal));
      last = turn.catch(restart);
      await turn;
    },
    async close() {
      await last;
      all = null;
      await restart();
    },
  };
  return source;
}

const NOTHING = new Uint8Array(0);
