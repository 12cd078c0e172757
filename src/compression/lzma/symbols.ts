/**
 * LZMA's symbols: literals, and matches with what was before.
 *
 * @module
 */

import {
  damagedLzma,
  decodeBit,
  decodeDirect,
  decodeReverseTree,
  decodeTree,
  EVEN,
} from "./range.ts";
import { decodeLiterals, LITERAL } from "./literals.ts";
import type { LzmaDecoder } from "./range.ts";
import type { LzmaWindow } from "./window.ts";

/** Where each kind of probability begins: 12 states, 16 positions, trees of 3, 4, 6 and 8 bits. */
const IS_MATCH = 0;
const IS_REPEAT = IS_MATCH + 12 * 16;
const IS_OLDER = IS_REPEAT + 12;
const IS_OLDER_2 = IS_OLDER + 12;
const IS_OLDER_3 = IS_OLDER_2 + 12;
const IS_LONG = IS_OLDER_3 + 12;
const SLOTS = IS_LONG + 12 * 16;
const FOOTERS = SLOTS + 4 * 64;
const ALIGNMENT = FOOTERS + 128;
const MATCH_LENGTH = ALIGNMENT + 16;
const LENGTH_LOW = 2;
const LENGTH_MIDDLE = LENGTH_LOW + 16 * 8;
const LENGTH_HIGH = LENGTH_MIDDLE + 16 * 8;
const REPEAT_LENGTH = MATCH_LENGTH + LENGTH_HIGH + 256;
const ALL = REPEAT_LENGTH + LENGTH_HIGH + 256;

/** States below this one follow a literal. */
const FIRST_AFTER_MATCH = 7;

/** Packed bytes that one symbol takes at most. */
export const LONGEST_SYMBOL = 21;

/** A decoder in its first state, without properties. */
export function lzmaDecoder(window: LzmaWindow, name: string, mayBeCut: boolean): LzmaDecoder {
  return {
    name,
    window,
    mayBeCut,
    probabilities: new Uint16Array(ALL),
    literals: new Uint16Array(0),
    literalBits: 0,
    literalMask: 0,
    positionMask: 0,
    state: 0,
    distances: new Int32Array(4),
    input: new Uint8Array(0),
    inputOffset: 0,
    position: 0,
    range: -1,
    code: 0,
    ended: false,
  };
}

/** Takes properties over from their byte; false if it isn't one that xz takes. */
export function setProperties(decoder: LzmaDecoder, properties: number): boolean {
  const literalBits = properties % 9;
  const literalPositionBits = Math.floor(properties / 9) % 5;
  const positionBits = Math.floor(properties / 45);
  if (positionBits > 4 || literalBits + literalPositionBits > 4) return false;
  decoder.literalBits = literalBits;
  decoder.literalMask = (1 << literalPositionBits) - 1;
  decoder.positionMask = (1 << positionBits) - 1;
  const size = LITERAL << literalBits + literalPositionBits;
  if (decoder.literals.length !== size) decoder.literals = new Uint16Array(size);
  resetState(decoder);
  return true;
}

/** Unlearns every probability and distance. */
export function resetState(decoder: LzmaDecoder): void {
  decoder.state = 0;
  decoder.distances.fill(0);
  decoder.probabilities.fill(EVEN);
  decoder.literals.fill(EVEN);
}

/**
 * Decodes until the window's end reaches `limit`, no symbol may begin behind `lastStart` of the
 * input, or the end marker has been read. The last match may run over the limit.
 */
export function decodeSymbols(decoder: LzmaDecoder, limit: number, lastStart: number): void {
  while (decodeLiterals(decoder, limit, lastStart)) {
    const length = decodeMatch(decoder);
    if (decoder.ended) return;
    copyMatch(decoder, length);
  }
}

/** Decodes a match, puts its distance first, and gives its length. */
function decodeMatch(decoder: LzmaDecoder): number {
  const { state, distances } = decoder;
  const position = decoder.window.end + decoder.window.phase & decoder.positionMask;
  const afterLiteral = state < FIRST_AFTER_MATCH;
  if (!decodeBit(decoder, IS_REPEAT + state)) {
    const length = decodeLength(decoder, MATCH_LENGTH, position);
    putFirst(distances, 3, decodeDistance(decoder, length));
    decoder.state = afterLiteral ? 7 : 10;
    // All ones are the end marker.
    decoder.ended = distances[0] === -1;
    return length;
  }
  if (!decodeBit(decoder, IS_OLDER + state)) {
    if (!decodeBit(decoder, IS_LONG + (state << 4) + position)) {
      decoder.state = afterLiteral ? 9 : 11;
      return 1;
    }
  } else {
    const age = decodeBit(decoder, IS_OLDER_2 + state)
      ? 2 + decodeBit(decoder, IS_OLDER_3 + state)
      : 1;
    putFirst(distances, age, distances[age]!);
  }
  decoder.state = afterLiteral ? 8 : 11;
  return decodeLength(decoder, REPEAT_LENGTH, position);
}

/** Puts a distance first, in place of the one of this age. */
function putFirst(distances: Int32Array, age: number, distance: number): void {
  for (let i = age; i > 0; i--) distances[i] = distances[i - 1]!;
  distances[0] = distance;
}

/** 2 to 273, by trees of 3, 3 and 8 bits. */
function decodeLength(decoder: LzmaDecoder, base: number, position: number): number {
  if (!decodeBit(decoder, base)) {
    return 2 + decodeTree(decoder, base + LENGTH_LOW + (position << 3), 3);
  }
  if (!decodeBit(decoder, base + 1)) {
    return 10 + decodeTree(decoder, base + LENGTH_MIDDLE + (position << 3), 3);
  }
  return 18 + decodeTree(decoder, base + LENGTH_HIGH, 8);
}

/** A distance, less one: its two highest bits and their place are a slot, the rest follows. */
function decodeDistance(decoder: LzmaDecoder, length: number): number {
  const slot = decodeTree(decoder, SLOTS + (Math.min(length - 2, 3) << 6), 6);
  if (slot < 4) return slot;
  const bits = (slot >>> 1) - 1;
  const high = (2 | slot & 1) << bits;
  if (slot < 14) return high + decodeReverseTree(decoder, FOOTERS + high - slot, bits);
  const middle = decodeDirect(decoder, bits - 4) << 4;
  return (high + middle | 0) + decodeReverseTree(decoder, ALIGNMENT, 4) | 0;
}

/** Appends what lies at the first distance. */
function copyMatch(decoder: LzmaDecoder, length: number): void {
  const { window, distances } = decoder;
  const { bytes, end } = window;
  const distance = (distances[0]! >>> 0) + 1;
  const reach = Math.min(end - window.start, window.dictionary);
  if (distance > reach) {
    throw damagedLzma(
      decoder,
      `An LZMA match reaches back ${distance} bytes, but no more than ${reach} are there`,
    );
  }
  const to = end + length;
  let from = end - distance;
  if (distance >= length && length > 16) bytes.copyWithin(end, from, from + length);
  else if (distance === 1) bytes.fill(bytes[from]!, end, to);
  else for (let at = end; at < to; at++) bytes[at] = bytes[from++]!;
  window.end = to;
}
