/**
 * A tensor's elements for a writer, and which tensors a format of plain arrays can take.
 *
 * @module
 */

import { expandsTooFar } from "../tensor/access.ts";
import { blockFix } from "../tensor/byte_order.ts";
import { verifyStorage } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { storageBytes } from "./storage_bytes.ts";
import type { CopyOptions } from "./storage_bytes.ts";
import type { LeftOut, WriteCatalogue } from "./writer.ts";

/** A tensor and what it is called in the file. */
export interface NamedTensor {
  /** Its name. */
  readonly name: string;
  /** The tensor. */
  readonly tensor: Tensor;
}

/**
 * The elements, row-major and little-endian, in blocks that are good until the next is asked for.
 *
 * @throws `corrupt` if the file's checksum says that they are damaged.
 */
export async function* tensorBytes(
  tensor: Tensor,
  options: CopyOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { progress, signal } = options;
  const { storage } = tensor;
  if (storage && isWholeStorage(tensor)) {
    yield* storageBytes(storage, options);
    return;
  }
  if (storage) await verifyStorage(storage, signal);
  for await (const block of tensor.chunks(signal ? { signal } : {})) {
    yield block;
    progress?.(block.length);
  }
}

/** The checksum is then computed of the bytes that are copied, in one pass. */
function isWholeStorage(tensor: Tensor): boolean {
  const { storage, offset, nbytes, conj, neg, dtype } = tensor;
  return storage !== null && offset === 0 && nbytes === storage.nbytes &&
    dtype.bits % 8 === 0 && tensor.isContiguous && blockFix(dtype, conj, neg) === null;
}

/**
 * Parts a tree's tensors into those that can be written as plain arrays and the rest.
 *
 * @param refuse Why the format can't hold a tensor that has plain elements.
 */
export function plainArrays(
  { tensors, others }: WriteCatalogue,
  refuse: (tensor: Tensor) => string | undefined,
): { arrays: NamedTensor[]; left: LeftOut[] } {
  const arrays: NamedTensor[] = [];
  const left: LeftOut[] = [...others];
  for (const [name, tensor] of tensors) {
    const why = notPlain(tensor) ?? refuse(tensor);
    if (why === undefined) arrays.push({ name, tensor });
    else left.push({ path: name, why });
  }
  return { arrays, left };
}

/** Why a tensor is no plain array; undefined if it is one. */
export function notPlain(tensor: Tensor): string | undefined {
  if (tensor.elements) return "its elements are objects";
  // Quantized numbers mean nothing without their scales.
  if (tensor.layout !== "strided") return `its layout is ${tensor.layout}`;
  if (!tensor.storage) return "it has no bytes";
  if (!expandsTooFar(tensor)) return undefined;
  return `it expands ${tensor.storage.nbytes} bytes to ${tensor.numel} elements`;
}
