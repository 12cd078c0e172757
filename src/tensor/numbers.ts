/**
 * A tensor's numbers as doubles, block by block through bounded memory.
 *
 * @module
 */

import { canDecode, decodeNumbers } from "./decode.ts";
import { dequantizer } from "./dequantize.ts";
import { isReal } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";
import { verifiedChunks } from "./verified_chunks.ts";

/** Numbers in a block: they stay in a core's cache for a second look at them. */
export const NUMBERS_BLOCK = 32_768;

/** Whether the elements are real numbers, or stand for them: others have no order. */
export function hasNumbers(tensor: Tensor): boolean {
  const { dtype } = tensor;
  return !tensor.isComposite && tensor.storage !== null && isReal(dtype) && canDecode(dtype);
}

/**
 * The numbers, row-major; quantized elements as the numbers that they stand for, 64-bit integers
 * rounded. A block is good until the next one is asked for.
 */
export async function* numberBlocks(
  tensor: Tensor,
  signal?: AbortSignal,
): AsyncGenerator<Float64Array, void, void> {
  const { dtype } = tensor;
  for (const part of tensor.parts?.values() ?? []) await part.load(signal);
  const dequantize = dequantizer(tensor);
  const blockBytes = NUMBERS_BLOCK * dtype.bits / 8;
  const all = tensor.numel * dtype.lanes;
  const numbers = new Float64Array(Math.min(NUMBERS_BLOCK * dtype.lanes, all));
  let seen = 0;
  for await (const bytes of verifiedChunks(tensor, { blockBytes, ...(signal ? { signal } : {}) })) {
    const inBlock = Math.floor(bytes.length * 8 / dtype.bits) * dtype.lanes;
    const block = numbers.subarray(0, Math.min(inBlock, all - seen));
    decodeNumbers(dtype, bytes, block);
    dequantize?.(block, seen);
    yield block;
    seen += block.length;
  }
}
