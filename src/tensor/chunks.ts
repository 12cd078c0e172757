/**
 * A tensor's elements as blocks of bytes through bounded memory, whatever its strides.
 *
 * @module
 */

import { checkExpansion, firstByte, storageOf } from "./access.ts";
import { blockFix } from "./byte_order.ts";
import type { BlockFix } from "./byte_order.ts";
import { borrowBlock, returnBlock } from "../io/block_buffer.ts";
import { breathe } from "../io/breathe.ts";
import { checkAborted } from "../io/source.ts";
import { gatherer } from "./gather.ts";
import { storageReader } from "./storage.ts";
import type { StorageReader } from "./storage.ts";
import { planRuns, spanOf } from "./strides.ts";
import type { Tensor } from "./tensor.ts";
import { readWindows } from "./windows.ts";

/** How a tensor is read in blocks. */
export interface ChunkOptions {
  /** Bytes of a block, {@linkcode CHUNK_BYTES} if left out; rounded to whole elements. */
  readonly blockBytes?: number;
  /** Stops the reading. */
  readonly signal?: AbortSignal;
  /** Elements that a tensor may have beyond what its storage holds. */
  readonly maxElements?: number;
}

/** Bytes of a block: a warm buffer of 256 KiB to 4 MiB reads fastest. */
export const CHUNK_BYTES: number = 1 << 20;

/**
 * Yields the elements, row-major and little-endian. A block is good until the next one is asked
 * for, and not to be changed: it may be the source's own memory.
 *
 * @throws `limit` for a view that expands a few bytes to more than `maxElements` elements.
 */
export async function* tensorChunks(
  tensor: Tensor,
  options: ChunkOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { signal } = options;
  const storage = storageOf(tensor);
  checkExpansion(tensor, options.maxElements);
  const fix = blockFix(tensor.dtype, tensor.conj, tensor.neg);
  if (tensor.nbytes === 0) return;
  const reader = await storageReader(storage, signal);
  const itemsize = Math.max(1, tensor.dtype.itemsize);
  const wanted = Math.min(options.blockBytes ?? CHUNK_BYTES, tensor.nbytes);
  const block = Math.max(itemsize, wanted - wanted % itemsize);
  const blocks = tensor.isContiguous
    ? straight(tensor, reader, block, fix)
    : strided(tensor, reader, block, fix, signal);
  for await (const bytes of blocks) {
    await breathe();
    checkAborted(signal);
    yield bytes;
  }
}

async function* straight(
  tensor: Tensor,
  reader: StorageReader,
  block: number,
  fix: BlockFix | null,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const first = firstByte(tensor);
  const { nbytes } = tensor;
  const lent = fix === null ? reader.view : null;
  // Who gets one block may take it for theirs.
  const several = nbytes > block;
  const buffer = lent ? null : several ? borrowBlock(block) : new Uint8Array(block);
  for (let done = 0; done < nbytes; done += block) {
    const length = Math.min(block, nbytes - done);
    if (lent) {
      yield lent(first + done, length);
      continue;
    }
    const bytes = buffer!.subarray(0, length);
    await reader.read(first + done, bytes);
    fix?.(bytes);
    yield bytes;
  }
  // Not if the reader stops before: it may keep the block that it has.
  if (buffer && several) returnBlock(buffer);
}

async function* strided(
  tensor: Tensor,
  reader: StorageReader,
  block: number,
  fix: BlockFix | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { itemsize } = tensor.dtype;
  const buffer = new Uint8Array(block);
  let filled = 0;
  for await (const window of windowsOf(tensor, reader, signal)) {
    const source = gatherer(
      planRuns(window.shape, window.stride),
      itemsize,
      window.memory,
      0,
    );
    for (;;) {
      filled += source.fill(buffer.subarray(filled));
      if (filled < block) break;
      fix?.(buffer);
      yield buffer;
      filled = 0;
    }
  }
  if (filled > 0) {
    const bytes = buffer.subarray(0, filled);
    fix?.(bytes);
    yield bytes;
  }
}

/** The view in windows of memory: one, where the memory is there already. */
async function* windowsOf(
  tensor: Tensor,
  reader: StorageReader,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ memory: Uint8Array; shape: readonly number[]; stride: readonly number[] }> {
  const { shape, stride, dtype } = tensor;
  const first = firstByte(tensor);
  if (reader.view) {
    const memory = reader.view(first, spanOf(shape, stride) * dtype.itemsize);
    yield { memory, shape, stride };
  } else {
    yield* readWindows(shape, stride, dtype.itemsize, (start, target) => {
      checkAborted(signal);
      return reader.read(first + start, target);
    });
  }
}
