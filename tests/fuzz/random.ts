/**
 * Random numbers that a seed repeats, in every runtime.
 *
 * @module
 */

/** Draws numbers. */
export interface Random {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  /** One of the items. */
  pick<T>(items: ArrayLike<T>): T;
}

/** The numbers of one case of one seed: no case depends on those before it. */
export function randomOf(seed: number, number: number): Random {
  // splitmix32 of both, then a linear congruence with the usual constants.
  let state = mix(mix(seed >>> 0) ^ (number >>> 0));
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(mix(state) / 2 ** 32 * limit);
  };
  return { below, pick: (items) => items[below(items.length)]! };
}

function mix(value: number): number {
  let mixed = (value + 0x9e3779b9) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
