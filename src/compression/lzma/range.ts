/**
 * LZMA's range decoder and its adaptive bits: each is read with the probability that the bits
 * before it have taught.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { LzmaWindow } from "./window.ts";

// Not exported, because V8 folds only a module's own constants into its loops.
const PROBABILITY_BITS = 11;
const MOVE_BITS = 5;
const LEAST_RANGE = 2 ** 24;

/** The probability of a bit that nothing is known of: a half. */
export const EVEN: number = 1 << PROBABILITY_BITS - 1;

/** Everything that decoding LZMA goes by. The numbers are all of 32 bits. */
export interface LzmaDecoder {
  /** How errors name the source. */
  readonly name: string;
  /** The plain bytes. */
  readonly window: LzmaWindow;
  /** Whether no size has told how long the input should be. */
  readonly mayBeCut: boolean;
  /** Probabilities of what symbols are and of matches' parts. */
  readonly probabilities: Uint16Array;
  /** Probabilities of literals, 768 for each context. */
  literals: Uint16Array;
  /** High bits of the byte before that choose a literal's probabilities. */
  literalBits: number;
  /** Mask of the place's bits that choose them too. */
  literalMask: number;
  /** Mask of the place's bits that choose a match's probabilities. */
  positionMask: number;
  /** Which kinds of symbol came last, 0 to 11. */
  state: number;
  /** The last four distances, less one. */
  distances: Int32Array;
  /** Packed bytes. */
  input: Uint8Array;
  /** Offset of the first of them in the source. */
  inputOffset: number;
  /** The next of them. */
  position: number;
  /** The range decoder's two registers. */
  range: number;
  /** Where in the range the code lies. */
  code: number;
  /** Whether the end marker has been read. */
  ended: boolean;
}

/** Begins to decode `input`; its first byte is always zero, the next four are the code. */
export function startRange(decoder: LzmaDecoder, input: Uint8Array, offset: number): void {
  decoder.input = input;
  decoder.inputOffset = offset;
  decoder.position = 5;
  decoder.range = -1;
  decoder.code = input[1]! << 24 | input[2]! << 16 | input[3]! << 8 | input[4]!;
  if (input[0] !== 0) throw damagedLzma(decoder, "The LZMA data don't begin with a zero");
}

/** Whether the code is used up, as an encoder leaves it. */
export function rangeIsDone(decoder: LzmaDecoder): boolean {
  normalize(decoder);
  return decoder.code === 0;
}

function normalize(decoder: LzmaDecoder): void {
  if (decoder.range >>> 0 >= LEAST_RANGE) return;
  decoder.range <<= 8;
  decoder.code = decoder.code << 8 | decoder.input[decoder.position++]!;
}

/** One adaptive bit. */
export function decodeBit(decoder: LzmaDecoder, index: number): number {
  normalize(decoder);
  const { probabilities, range, code } = decoder;
  const probability = probabilities[index]!;
  const bound = Math.imul(range >>> PROBABILITY_BITS, probability);
  if (code >>> 0 < bound >>> 0) {
    decoder.range = bound;
    probabilities[index] = probability + (2048 - probability >> MOVE_BITS);
    return 0;
  }
  decoder.range = range - bound | 0;
  decoder.code = code - bound | 0;
  probabilities[index] = probability - (probability >> MOVE_BITS);
  return 1;
}

/** A number of `bits` bits, highest first, each with probabilities for all that came before it. */
export function decodeTree(decoder: LzmaDecoder, base: number, bits: number): number {
  const { probabilities, input } = decoder;
  let { range, code, position } = decoder;
  let node = 1;
  for (const end = 1 << bits; node < end;) {
    if (range >>> 0 < LEAST_RANGE) {
      range <<= 8;
      code = code << 8 | input[position++]!;
    }
    const index = base + node;
    const probability = probabilities[index]!;
    const bound = Math.imul(range >>> PROBABILITY_BITS, probability);
    node <<= 1;
    if (code >>> 0 < bound >>> 0) {
      range = bound;
      probabilities[index] = probability + (2048 - probability >> MOVE_BITS);
    } else {
      range = range - bound | 0;
      code = code - bound | 0;
      probabilities[index] = probability - (probability >> MOVE_BITS);
      node |= 1;
    }
  }
  decoder.range = range;
  decoder.code = code;
  decoder.position = position;
  return node - (1 << bits);
}

/** The same, lowest bit first. */
export function decodeReverseTree(decoder: LzmaDecoder, base: number, bits: number): number {
  let rest = decodeTree(decoder, base, bits);
  let number = 0;
  for (let i = 0; i < bits; i++, rest >>= 1) number = number << 1 | rest & 1;
  return number;
}

/** A number of `bits` bits, highest first, that are 0 or 1 equally often. */
export function decodeDirect(decoder: LzmaDecoder, bits: number): number {
  const { input } = decoder;
  let { range, code, position } = decoder;
  let number = 0;
  for (let i = 0; i < bits; i++) {
    if (range >>> 0 < LEAST_RANGE) {
      range <<= 8;
      code = code << 8 | input[position++]!;
    }
    range >>>= 1;
    const rest = code - range | 0;
    // The code is below the range, so that the difference's highest bit tells which is larger.
    const isZero = rest >> 31;
    code = rest + (range & isZero) | 0;
    number = (number << 1) + 1 + isZero;
  }
  decoder.range = range;
  decoder.code = code;
  decoder.position = position;
  return number;
}

/** The error of data that contradict LZMA; where they only end too early, that is the reason. */
export function damagedLzma(decoder: LzmaDecoder, message: string): StateDictError {
  const { input, inputOffset, position, name, mayBeCut } = decoder;
  const details = { offset: inputOffset + Math.min(position, input.length), path: name };
  return mayBeCut && position > input.length
    ? new StateDictError("truncated", "The LZMA data end too early", details)
    : new StateDictError("corrupt", message, details);
}
