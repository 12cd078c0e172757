/**
 * Packed bytes as bits, highest first, as bzip2 writes them: a window of the input that slides.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { PackedInput } from "../packed_input.ts";

/** Zeros kept behind the window's last byte, so that a group of 50 codes of 20 bits may overrun it. */
const PADDING = 256;

/** A stretch of the packed bytes and a place in it. */
export interface BitWindow {
  /** Where its bytes come from. */
  readonly input: PackedInput;
  /** The bytes, and zeros behind them. */
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly view: DataView;
  /** How many bytes there are. */
  length: number;
  /** Bits of them that are used. */
  bit: number;
}

/** A window that can hold `capacity` bytes, or all of the input if that is less. */
export function bitWindow(input: PackedInput, capacity: number): BitWindow {
  const bytes = new Uint8Array(Math.min(capacity, input.end - input.position) + PADDING);
  return { input, bytes, view: new DataView(bytes.buffer), length: 0, bit: 0 };
}

/** Sees to it that at least `count` bytes lie ahead, or all that there are. */
export async function lookAhead(window: BitWindow, count: number): Promise<void> {
  const { input, bytes } = window;
  const from = window.bit >>> 3;
  if (window.length - from >= count || input.position === input.end) return;
  bytes.copyWithin(0, from, window.length);
  window.length -= from;
  window.bit &= 7;
  while (window.length < bytes.length - PADDING) {
    const chunk = await input.chunk();
    if (chunk.length === 0) break;
    const fitting = chunk.subarray(0, bytes.length - PADDING - window.length);
    bytes.set(fitting, window.length);
    window.length += fitting.length;
    input.position -= chunk.length - fitting.length;
  }
  bytes.fill(0, window.length);
}

/** The next `count` bits, 24 at most. */
export function readBits(window: BitWindow, count: number): number {
  const { bit } = window;
  window.bit = bit + count;
  checkBits(window);
  return window.view.getInt32(bit >>> 3) << (bit & 7) >>> 32 - count;
}

/** Complains if more bits have been used than there are. */
export function checkBits(window: BitWindow): void {
  if (window.bit <= window.length * 8) return;
  const { input } = window;
  const details = { offset: input.position, path: input.name };
  if (input.position === input.end) {
    throw new StateDictError("truncated", "The bzip2 data ends too early", details);
  }
  throw new StateDictError("corrupt", "A bzip2 block is longer than any can be", details);
}

/** Offset in the source of the byte that holds the next bit. */
export function sourceOffset(window: BitWindow): number {
  return window.input.position - window.length + (window.bit >>> 3);
}
