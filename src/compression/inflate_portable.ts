/**
 * Raw deflate streams without the runtime's help, by fflate.
 *
 * @module
 */

import { Inflate } from "fflate";
import { memorySink } from "../io/sink.ts";
import { inflateError, tooLong } from "./inflate.ts";
import type { Inflated } from "./inflate.ts";
import type { PackedInput } from "./packed_input.ts";

/**
 * Packed bytes a push: fflate unpacks all of a push at once, and deflate makes at most 1032 times
 * as much of it, 17 MB.
 */
const STEP = 2 ** 14;

/**
 * Where fflate's stream stands. It says nowhere in public where a stream ended, which we must know:
 * `p` are the bytes it has not finished, `s.p` the bits of the first of them that are used, `s.f`
 * whether the last block has begun, `s.l` its code while it is open.
 */
interface Standing {
  readonly p: Uint8Array;
  readonly s: { readonly p?: number; readonly f?: number; readonly l?: unknown };
}

interface Push {
  /** Unpacks what it can of more packed bytes. */
  push(bytes: Uint8Array, last: boolean): Uint8Array;
  /** Whether the stream has ended. */
  readonly done: boolean;
  /** How many of the bytes pushed lie behind the stream's end. */
  readonly unused: number;
}

function pushInflate(): Push {
  let output: Uint8Array = new Uint8Array(0);
  const engine = new Inflate((bytes) => output = bytes);
  const { s, p } = engine as unknown as Standing;
  if (!s || !p) throw new TypeError("fflate has changed: its Inflate has no state to read");
  const standing = () => engine as unknown as Standing;
  return {
    push(bytes, last) {
      engine.push(bytes, last);
      return output;
    },
    get done() {
      const { s } = standing();
      return !!s.f && !s.l;
    },
    get unused() {
      const { s, p } = standing();
      return p.length - (s.p ? 1 : 0);
    },
  };
}

/** Unpacks a raw deflate stream, in bounded memory. */
export async function* portableInflate(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  const engine = pushInflate();
  while (!engine.done) {
    const chunk = await input.chunk();
    const last = input.position === input.end;
    let from = 0;
    do {
      const step = chunk.subarray(from, from + STEP);
      from += step.length;
      let piece: Uint8Array;
      try {
        piece = engine.push(step, last && from === chunk.length);
      } catch (error) {
        throw inflateError(error, input.name, input.position - chunk.length + from);
      }
      if (piece.length > 0) yield piece;
    } while (from < chunk.length && !engine.done);
    input.position -= chunk.length - from;
    if (last && !engine.done) throw inflateError({ code: 0 }, input.name, input.end);
  }
  input.position -= engine.unused;
}

/** Unpacks a raw deflate stream that is in memory and should become `size` bytes. */
export function portableInflateWhole(packed: Uint8Array, size: number, name: string): Inflated {
  const engine = pushInflate();
  const sink = memorySink();
  let from = 0;
  while (!engine.done) {
    const step = packed.subarray(from, from + STEP);
    from += step.length;
    try {
      sink.writeSync!(engine.push(step, from === packed.length));
    } catch (error) {
      throw inflateError(error, name, undefined);
    }
    if (sink.position > size) throw tooLong(size, name);
    if (from === packed.length && !engine.done) throw inflateError({ code: 0 }, name, undefined);
  }
  return { bytes: sink.bytes(), used: from - engine.unused };
}
