/**
 * What a tensor's numbers are like, in one pass through bounded memory.
 *
 * @module
 */

import { decodeNumbers, wordsOf } from "./decode.ts";
import type { DType } from "./dtype.ts";
import { floatStats, KERNEL_GROUP } from "./kernels/kernels.ts";
import { hasNumbers, numberBlocks, NUMBERS_BLOCK } from "./numbers.ts";
import type { Tensor } from "./tensor.ts";
import { verifiedChunks } from "./verified_chunks.ts";

/**
 * Statistics of the finite numbers, and counts of the others. Quantized elements count as the
 * numbers that they stand for. 64-bit integers are rounded to doubles.
 */
export interface TensorStats {
  /** The least finite number; null if there is none. */
  readonly min: number | null;
  /** The greatest finite number. */
  readonly max: number | null;
  /** The mean of the finite numbers. */
  readonly mean: number | null;
  /** Their standard deviation as a population: divided by their count, as numpy's default. */
  readonly std: number | null;
  /** NaNs. */
  readonly nan: number;
  /** Infinities of both signs. */
  readonly inf: number;
  /** Zeros of both signs. */
  readonly zeros: number;
}

/**
 * Counts and averages the numbers of a tensor. Null if they aren't real numbers: complex numbers
 * have no order, and text and times no mean.
 */
export async function tensorStats(
  tensor: Tensor,
  signal?: AbortSignal,
): Promise<TensorStats | null> {
  if (!hasNumbers(tensor)) return null;
  const { dtype } = tensor;
  const totals = newTotals();
  if (FLOATS.has(dtype.name)) {
    const blockBytes = NUMBERS_BLOCK * dtype.itemsize;
    const blocks = verifiedChunks(tensor, { blockBytes, ...(signal ? { signal } : {}) });
    for await (const bytes of blocks) addFloats(totals, dtype, bytes);
  } else for await (const block of numberBlocks(tensor, signal)) addBlock(totals, block);
  return summary(totals);
}

interface Totals {
  count: number;
  mean: number;
  /** Sum of the squared distances from the mean. */
  spread: number;
  min: number;
  max: number;
  nan: number;
  inf: number;
  zeros: number;
}

function newTotals(): Totals {
  return { count: 0, mean: 0, spread: 0, min: Infinity, max: -Infinity, nan: 0, inf: 0, zeros: 0 };
}

/** What becomes float32 without loss, for which there is a kernel. */
const FLOATS: ReadonlySet<string> = new Set(["float32", "bfloat16", "float16"]);

/** Adds a block of such numbers: by the kernel, if all are finite. */
function addFloats(totals: Totals, dtype: DType, bytes: Uint8Array): void {
  let floats = bytes;
  if (dtype.name !== "float32") {
    const wide = new Float32Array(Math.floor(bytes.length / dtype.itemsize));
    decodeNumbers(dtype, bytes, wide);
    floats = new Uint8Array(wide.buffer);
  }
  const count = Math.floor(floats.length / 4);
  const many = count - count % KERNEL_GROUP;
  const numbers = wordsOf(floats, Float32Array);
  const about = totals.count > 0 ? totals.mean : numbers[0]!;
  const found = many > 0 && Number.isFinite(about) ? floatStats(floats, many, about) : undefined;
  if (found) {
    const { sum, squares, zeros } = found;
    totals.zeros += zeros;
    // A 0 at an end has the sign of the first that is met, which the kernel doesn't know.
    const signed = (end: number) => end === 0 ? numbers[numbers.indexOf(0)]! : end;
    const [min, max] = [signed(found.min), signed(found.max)];
    const spread = Math.max(0, squares - sum * (sum / many));
    addMoments(totals, { count: many, mean: about + sum / many, spread, min, max });
  }
  const rest = numbers.subarray(found ? many : 0);
  if (rest.length > 0) addBlock(totals, Float64Array.from(rest));
}

type Moments = Pick<Totals, "count" | "mean" | "spread" | "min" | "max">;

/** Adds what a block's own numbers gave. */
function addMoments(totals: Totals, block: Moments): void {
  if (block.min < totals.min) totals.min = block.min;
  if (block.max > totals.max) totals.max = block.max;
  const count = totals.count + block.count;
  const apart = block.mean - totals.mean;
  totals.spread += block.spread + apart * apart * totals.count * (block.count / count);
  totals.mean += apart * (block.count / count);
  totals.count = count;
}

/** Adds a block by its own mean and spread: sums over all the numbers would lose digits. */
function addBlock(totals: Totals, block: Float64Array): void {
  let sum = 0;
  let finite = 0;
  let { min, max } = totals;
  for (let i = 0; i < block.length; i++) {
    const value = block[i]!;
    // NaN and the infinities are the numbers that minus themselves aren't 0.
    if (value - value !== 0) {
      if (value !== value) totals.nan++;
      else totals.inf++;
      continue;
    }
    finite++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value === 0) totals.zeros++;
  }
  if (finite === 0) return;
  const mean = Number.isFinite(sum) ? sum / finite : carefulMean(block, finite);
  let spread = 0;
  for (let i = 0; i < block.length; i++) {
    const distance = block[i]! - mean;
    if (distance - distance === 0) spread += distance * distance;
  }
  addMoments(totals, { count: finite, mean, spread, min, max });
}

/** The mean of a block whose sum is beyond a double. */
function carefulMean(block: Float64Array, finite: number): number {
  let mean = 0;
  for (let i = 0; i < block.length; i++) {
    const part = block[i]! / finite;
    if (part - part === 0) mean += part;
  }
  return mean;
}

function summary({ count, mean, spread, min, max, nan, inf, zeros }: Totals): TensorStats {
  if (count === 0) return { min: null, max: null, mean: null, std: null, nan, inf, zeros };
  return { min, max, mean, std: Math.sqrt(spread / count), nan, inf, zeros };
}
