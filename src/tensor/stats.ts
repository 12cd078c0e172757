/**
 * What a tensor's numbers are like, in one pass through bounded memory.
 *
 * @module
 */

import { canDecode, decodeNumbers } from "./decode.ts";
import { dequantizer } from "./dequantize.ts";
import { isReal } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

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

/** Numbers in a block: they stay in a core's cache for the second look at them. */
const BLOCK = 32_768;

/**
 * Counts and averages the numbers of a tensor. Null if they aren't real numbers: complex numbers
 * have no order, and text and times no mean.
 */
export async function tensorStats(
  tensor: Tensor,
  signal?: AbortSignal,
): Promise<TensorStats | null> {
  const { dtype } = tensor;
  if (tensor.isComposite || !tensor.storage || !isReal(dtype) || !canDecode(dtype)) return null;
  for (const part of tensor.parts?.values() ?? []) await part.load(signal);
  const dequantize = dequantizer(tensor);
  const blockBytes = BLOCK * dtype.bits / 8;
  const numbers = new Float64Array(BLOCK * dtype.lanes);
  const totals = newTotals();
  const all = tensor.numel * dtype.lanes;
  let seen = 0;
  for await (const bytes of tensor.chunks({ blockBytes, ...(signal ? { signal } : {}) })) {
    const inBlock = Math.floor(bytes.length * 8 / dtype.bits) * dtype.lanes;
    const block = numbers.subarray(0, Math.min(inBlock, all - seen));
    decodeNumbers(dtype, bytes, block);
    dequantize?.(block, seen);
    addBlock(totals, block);
    seen += block.length;
  }
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
  totals.min = min;
  totals.max = max;
  const count = totals.count + finite;
  const apart = mean - totals.mean;
  totals.spread += spread + apart * apart * totals.count * (finite / count);
  totals.mean += apart * (finite / count);
  totals.count = count;
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
