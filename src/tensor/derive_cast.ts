/**
 * Tensors whose bytes are made of another's when they are read: cast, or copied without gaps.
 *
 * @module
 */

import { blockArray } from "../io/block_buffer.ts";
import { sequentialSource } from "../io/sequential.ts";
import type { DType } from "./dtype.ts";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";
import { verifiedChunks } from "./verified_chunks.ts";

/** What rounding did to the numbers of a cast; filled while the bytes are read. */
export interface CastCounts {
  /** Finite numbers that became infinite, NaN or another number altogether. */
  overflow: number;
  /** Numbers that became 0. */
  underflow: number;
}

let made = 0;

/** Elements cast at a time: input and output fit a core's cache. */
const BLOCK_ELEMENTS = 65_536;

/**
 * The tensor in another dtype, row-major, rounded to nearest even. Memory stays bounded however
 * large it is. `counts` tells of overflow and underflow once the bytes have been read.
 */
export function castTensor(tensor: Tensor, dtype: DType, counts?: CastCounts): Tensor {
  if (dtype.name === tensor.dtype.name) return tensor;
  const nbytes = tensor.numel * dtype.itemsize;
  const blockBytes = BLOCK_ELEMENTS * tensor.dtype.itemsize;
  const source = sequentialSource(nbytes, "cast", async function* (signal) {
    const { castBytes } = await import("./cast.ts");
    const room = blockArray(Math.min(nbytes, BLOCK_ELEMENTS * dtype.itemsize));
    if (counts) counts.overflow = counts.underflow = 0;
    const options = { blockBytes, ...(signal ? { signal } : {}) };
    for await (const block of verifiedChunks(tensor, options)) {
      const { bytes, overflow, underflow } = castBytes(tensor.dtype, dtype, block, room);
      if (counts) {
        counts.overflow += overflow;
        counts.underflow += underflow;
      }
      yield bytes;
    }
  });
  return withStorage(tensor, dtype, new Storage({ id: `cast${made++}`, nbytes, source }));
}

/** The tensor with a storage of its own that holds its elements and nothing else, row-major. */
export function packTensor(tensor: Tensor): Tensor {
  const source = sequentialSource(
    tensor.nbytes,
    "copy",
    (signal) => verifiedChunks(tensor, signal ? { signal } : {}),
  );
  const storage = new Storage({ id: `copy${made++}`, nbytes: tensor.nbytes, source });
  return withStorage(tensor, tensor.dtype, storage);
}

function withStorage(tensor: Tensor, dtype: DType, storage: Storage): Tensor {
  const copy = new Tensor({
    dtype,
    shape: tensor.shape,
    storage,
    layout: tensor.layout,
    ...(tensor.parts ? { parts: tensor.parts } : {}),
    ...(tensor.details ? { details: tensor.details } : {}),
  });
  copy.parameter = tensor.parameter;
  copy.requiresGrad = tensor.requiresGrad;
  copy.className = tensor.className;
  copy.state = tensor.state;
  return copy;
}
