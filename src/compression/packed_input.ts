/**
 * The packed bytes as a codec takes them: front to back, in pieces or by exact counts.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkAborted, readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";

/** Packed bytes read at a time. */
const CHUNK = 2 ** 16;

/** A run of packed bytes with a place in it. */
export interface PackedInput {
  /** How errors name the source. */
  readonly name: string;
  /** Offset in the source of the next byte to give out. A codec that took too much sets it back. */
  position: number;
  /** Where the packed bytes end at the latest. */
  readonly end: number;
  /** The next bytes, as many as are handy; none at the end. They stay as they are. */
  chunk(): Promise<Uint8Array<ArrayBuffer>>;
  /** Exactly `count` bytes, or a `truncated` error. They stay as they are. */
  take(count: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Reads the packed bytes of a source from `start` to `end`. */
export function packedInput(
  source: ByteSource,
  start: number,
  end: number = source.size,
  signal?: AbortSignal,
): PackedInput {
  let window = new Uint8Array(0);
  let windowStart = start;

  const refill = async (least: number) => {
    checkAborted(signal);
    const length = Math.min(Math.max(least, CHUNK), input.end - input.position);
    window = await readBytes(source, input.position, length, signal);
    windowStart = input.position;
  };
  const held = () => {
    const from = input.position - windowStart;
    return from >= 0 && from < window.length ? window.length - from : 0;
  };
  const input: PackedInput = {
    name: source.name,
    position: start,
    end: Math.min(end, source.size),
    async chunk() {
      if (held() === 0 && input.position < input.end) await refill(1);
      const bytes = window.subarray(window.length - held());
      input.position += bytes.length;
      return bytes;
    },
    async take(count) {
      if (count > input.end - input.position) {
        throw new StateDictError(
          "truncated",
          `The packed data ends at ${input.end}, but ${count} bytes are needed at ${input.position}`,
          { offset: input.position, path: source.name },
        );
      }
      if (held() < count) await refill(count);
      const from = input.position - windowStart;
      input.position += count;
      return window.subarray(from, from + count);
    },
  };
  return input;
}
