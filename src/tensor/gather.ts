/**
 * Copies the elements of a view, in row-major order, out of the memory that it looks at.
 *
 * @module
 */

import { Odometer } from "./strides.ts";
import type { RunPlan } from "./strides.ts";

/** Runs of at least so many bytes are copied as a whole; shorter ones word by word. */
const WHOLE_RUN_BYTES = 64;

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Fills one buffer after another with the elements of a view. */
export interface Gatherer {
  /** Copies as many elements as fit and are left; says how many bytes that were. */
  fill(target: Uint8Array): number;
}

/**
 * Starts gathering.
 *
 * @param first The byte of `memory` where the view's first element is.
 */
export function gatherer(
  plan: RunPlan,
  itemsize: number,
  memory: Uint8Array,
  first: number,
): Gatherer {
  const runBytes = plan.run * itemsize;
  return runBytes >= WHOLE_RUN_BYTES
    ? runGatherer(plan, itemsize, memory, first)
    : wordGatherer(plan, itemsize, memory, first);
}

/** Long runs: one copy each, cut where a buffer ends. */
function runGatherer(plan: RunPlan, size: number, memory: Uint8Array, first: number): Gatherer {
  const runBytes = plan.run * size;
  const at = new Odometer(plan.shape, plan.stride);
  let inside = 0;
  return {
    fill(target) {
      const room = target.length - target.length % size;
      let filled = 0;
      while (filled < room && !at.done) {
        const length = Math.min(runBytes - inside, room - filled);
        const start = first + at.position * size + inside;
        target.set(memory.subarray(start, start + length), filled);
        filled += length;
        inside += length;
        if (inside === runBytes) {
          inside = 0;
          at.next();
        }
      }
      return filled;
    },
  };
}

/**
 * Short runs: an inner loop along the last dimension, in the widest words that everything is
 * aligned to. Never in floats: an engine may change a NaN's bits on the way.
 */
function wordGatherer(plan: RunPlan, size: number, memory: Uint8Array, first: number): Gatherer {
  // The elements of a run count as one more dimension, so that a buffer may end anywhere.
  const shape = plan.run > 1 ? [...plan.shape, plan.run] : plan.shape;
  const stride = plan.run > 1 ? [...plan.stride, 1] : plan.stride;
  const at = new Odometer(shape, stride);
  const last = shape.length - 1;
  const length = last < 0 ? 1 : shape[last]!;
  const step = last < 0 ? 0 : stride[last]!;
  return {
    fill(target) {
      const width = wordWidth(size, memory.byteOffset + first, target.byteOffset);
      const words = size / width;
      const from = asWords(memory, first, width);
      const to = asWords(target, 0, width);
      const room = Math.floor(target.length / size);
      let filled = 0;
      while (filled < room && !at.done) {
        const done = last < 0 ? 0 : at.index[last]!;
        const count = Math.min(length - done, room - filled);
        copyWords(from, at.position * words, step * words, to, filled * words, count, words);
        filled += count;
        at.next(count);
      }
      return filled * size;
    },
  };
}

/** The widest word that divides the element and both places. */
function wordWidth(size: number, from: number, to: number): 1 | 2 | 4 {
  if (size % 4 === 0 && from % 4 === 0 && to % 4 === 0) return 4;
  return size % 2 === 0 && from % 2 === 0 && to % 2 === 0 ? 2 : 1;
}

function asWords(bytes: Uint8Array, first: number, width: 1 | 2 | 4): Words {
  const start = bytes.byteOffset + first;
  const count = Math.floor((bytes.length - first) / width);
  if (width === 4) return new Uint32Array(bytes.buffer, start, count);
  if (width === 2) return new Uint16Array(bytes.buffer, start, count);
  return bytes.subarray(first);
}

/** Copies `count` elements of so many words; `step` is from one to the next where they come from. */
function copyWords(
  from: Words,
  start: number,
  step: number,
  to: Words,
  at: number,
  count: number,
  words: number,
): void {
  if (words === 1) {
    for (let i = 0; i < count; i++) to[at + i] = from[start + i * step]!;
    return;
  }
  for (let i = 0; i < count; i++) {
    const source = start + i * step;
    const target = at + i * words;
    for (let word = 0; word < words; word++) to[target + word] = from[source + word]!;
  }
}
