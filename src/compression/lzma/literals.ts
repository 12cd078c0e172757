/**
 * LZMA's literals: the one loop that most bytes of weights go through.
 *
 * @module
 */

import type { LzmaDecoder } from "./range.ts";

/** Probabilities of one context: a tree of 8 bits, and two more for after a match. */
export const LITERAL: number = 3 * 256;

/** States below this one follow a literal. */
const FIRST_AFTER_MATCH = 7;

const PROBABILITY_BITS = 11;
const MOVE_BITS = 5;
const LEAST_RANGE = 2 ** 24;

/**
 * Decodes literals until a match comes, and says whether one does. Most bytes of weights come this
 * way, and half of their bits are noise: so bits of literals are decoded without a branch.
 */
export function decodeLiterals(decoder: LzmaDecoder, limit: number, lastStart: number): boolean {
  const { window, probabilities, literals, input, literalBits, literalMask, positionMask } =
    decoder;
  const { bytes, phase } = window;
  const distance = decoder.distances[0]! + 1;
  let { range, code, position, state } = decoder;
  let at = window.end;
  let before = at > window.start ? bytes[at - 1]! : 0;
  let isMatch = false;
  while (at < limit && position <= lastStart) {
    if (range >>> 0 < LEAST_RANGE) {
      range <<= 8;
      code = code << 8 | input[position++]!;
    }
    const place = at + phase;
    const kind = (state << 4) + (place & positionMask);
    const isLiteral = probabilities[kind]!;
    const bound = Math.imul(range >>> PROBABILITY_BITS, isLiteral);
    if (code >>> 0 >= bound >>> 0) {
      probabilities[kind] = isLiteral - (isLiteral >> MOVE_BITS);
      range = range - bound | 0;
      code = code - bound | 0;
      isMatch = true;
      break;
    }
    probabilities[kind] = isLiteral + (2048 - isLiteral >> MOVE_BITS);
    range = bound;
    const context = ((place & literalMask) << literalBits) + (before >>> 8 - literalBits);
    const base = Math.imul(context, 768);
    let node = 1;
    if (state >= FIRST_AFTER_MATCH) {
      let likely = bytes[at - distance]!;
      let trees = 256;
      do {
        if (range >>> 0 < LEAST_RANGE) {
          range <<= 8;
          code = code << 8 | input[position++]!;
        }
        likely <<= 1;
        const likelyTree = likely & trees;
        const index = base + trees + likelyTree + node;
        const probability = literals[index]!;
        const bound = Math.imul(range >>> PROBABILITY_BITS, probability);
        const rest = code - bound | 0;
        // -1 where code < bound as numbers without a sign, else 0: the borrow of the subtraction.
        const isZero = (~code & bound | ~(code ^ bound) & rest) >> 31;
        const other = range - bound | 0;
        code = rest + (bound & isZero) | 0;
        range = other + (bound - other & isZero) | 0;
        literals[index] = probability - (probability + (isZero & -2017) >> MOVE_BITS);
        node = (node << 1) + 1 + isZero;
        trees &= likelyTree ^ isZero;
      } while (trees !== 0 && node < 256);
    }
    while (node < 256) {
      if (range >>> 0 < LEAST_RANGE) {
        range <<= 8;
        code = code << 8 | input[position++]!;
      }
      const index = base + node;
      const probability = literals[index]!;
      const bound = Math.imul(range >>> PROBABILITY_BITS, probability);
      const rest = code - bound | 0;
      // -1 where code < bound as numbers without a sign, else 0: the borrow of the subtraction.
      const isZero = (~code & bound | ~(code ^ bound) & rest) >> 31;
      const other = range - bound | 0;
      code = rest + (bound & isZero) | 0;
      range = other + (bound - other & isZero) | 0;
      literals[index] = probability - (probability + (isZero & -2017) >> MOVE_BITS);
      node = (node << 1) + 1 + isZero;
    }
    before = node & 255;
    bytes[at++] = before;
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }
  decoder.range = range;
  decoder.code = code;
  decoder.position = position;
  decoder.state = state;
  window.end = at;
  return isMatch;
}
