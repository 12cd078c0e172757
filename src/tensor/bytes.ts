/**
 * A loaded tensor's elements as bytes.
 *
 * @module
 */

import { allocate, checkExpansion, firstByte, loadedBytes } from "./access.ts";
import { blockFix } from "./byte_order.ts";
import { gatherer } from "./gather.ts";
import { planRuns } from "./strides.ts";
import type { Tensor } from "./tensor.ts";

/** Limits of putting a tensor's elements into memory. */
export interface MaterializeOptions {
  /** Elements that may be made before an error says that there are more. */
  readonly maxElements?: number;
}

/** See `Tensor.bytes`. */
export function tensorBytes(
  tensor: Tensor,
  options: MaterializeOptions = {},
): Uint8Array<ArrayBuffer> {
  const memory = loadedBytes(tensor);
  const fix = blockFix(tensor.dtype, tensor.conj, tensor.neg);
  const { nbytes } = tensor;
  checkExpansion(tensor, options.maxElements);
  if (nbytes === 0) return new Uint8Array(0);
  const first = firstByte(tensor);
  if (tensor.isContiguous) {
    const own = memory.subarray(first, first + nbytes);
    if (fix === null) return own;
    const copy = allocate(nbytes);
    copy.set(own);
    fix(copy);
    return copy;
  }
  const gathered = allocate(nbytes);
  const plan = planRuns(tensor.shape, tensor.stride);
  gatherer(plan, tensor.dtype.itemsize, memory, first).fill(gathered);
  fix?.(gathered);
  return gathered;
}
