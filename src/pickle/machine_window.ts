/**
 * The part of a stream that a machine sees at a time.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { limitError } from "./limits.ts";
import type { Pause } from "./machine_types.ts";
import { asciiText } from "../text/ascii.ts";
import { decodeUtf8 } from "./text.ts";

/** Bytes of a stream, and where they lie in it. */
export class PickleWindow {
  /** The bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, for numbers. */
  readonly view: DataView;
  /** Offset of the first byte in the stream. */
  readonly base: number;
  /** Where the stream ends at the latest. */
  private readonly last: number;
  private ascii: string | null = null;

  /** Looks at `bytes`; `last` is where the stream ends, or Infinity if that isn't known. */
  constructor(bytes: Uint8Array<ArrayBuffer>, base: number, last: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.base = base;
    this.last = last;
  }

  /** The pause of an opcode at `start` that takes `length` bytes and has fewer here. */
  more(start: number, length: number): Pause {
    if (this.base + start + length > this.last) {
      throw new StateDictError("truncated", "The pickle ends before its STOP", {
        offset: this.base + Math.min(this.bytes.length, start),
      });
    }
    return { kind: "more", at: this.base + start, length };
  }

  /** Where the line ends that begins at `from`, or -1 if not here. */
  lineEnd(from: number, limit: number): number {
    const at = this.bytes.indexOf(0x0a, from);
    if ((at < 0 ? this.bytes.length : at) - from > limit) {
      throw limitError("A text line is too long", limit, "line", this.base + from);
    }
    return at;
  }

  /**
   * UTF-8 text. ASCII, which nearly all of it is, is cut from the whole window decoded once: that
   * is twice as fast as decoding each string.
   */
  text(from: number, to: number): string {
    const { bytes } = this;
    for (let i = from; i < to; i++) {
      if (bytes[i]! > 0x7f) return decodeUtf8(bytes.subarray(from, to), this.base + from);
    }
    return (this.ascii ??= asciiText(bytes)).substring(from, to);
  }

  /** A u64 as a number: exact below 2^53, and far beyond any stream above. */
  uint64(at: number): number {
    return this.view.getUint32(at + 4, true) * 0x1_0000_0000 + this.view.getUint32(at, true);
  }
}
