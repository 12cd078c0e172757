/**
 * The blocks of a tensor in a distributed checkpoint, opened when somebody wants its bytes: each is
 * a file of `torch.save` with one tensor in it.
 *
 * @module
 */

import { locate, StateDictError } from "../../errors.ts";
import { countElements } from "../../tensor/strides.ts";
import { Storage, storageReader, verifyStorage } from "../../tensor/storage.ts";
import type { StoragePlace } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { quoted } from "../../text/quoted.ts";
import type { FormatOptions } from "../format.ts";
import { nestedOptions } from "../nesting.ts";
import { openSource } from "../open.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { runsOf } from "./dcp_chunks.ts";
import type { DcpFiles } from "./dcp_files.ts";
import type { DcpChunk, DcpTensor } from "./dcp_metadata.ts";
import { blockSource } from "./dcp_source.ts";
import type { OpenBlock } from "./dcp_source.ts";

/** The storage that a tensor's blocks make up. Nothing of it is read before it is asked for. */
export function blockStorage(
  tensor: DcpTensor,
  files: DcpFiles,
  options: FormatOptions,
): Storage {
  const { name, shape, dtype: { itemsize } } = tensor;
  const nbytes = countElements(shape) * itemsize;
  let opening: Promise<BlockTensor[]> | undefined;
  const open = (signal?: AbortSignal): Promise<BlockTensor[]> =>
    opening ??= openBlocks(tensor, files, signal ? { ...options, signal } : options)
      .catch((error) => {
        opening = undefined; // another caller may have more luck, or no signal that fires
        throw error;
      });
  return new Storage({
    id: name,
    nbytes,
    async locate(signal): Promise<StoragePlace> {
      const blocks = await Promise.all(
        (await open(signal)).map((block) => readable(block, signal)),
      );
      return { source: blockSource(name, shape, itemsize, nbytes, blocks), offset: 0 };
    },
    async verify(bytes, signal) {
      for (const block of await open(signal)) {
        const { storage } = block.tensor;
        const range = bytes && wholeRange(block, shape);
        if (range) {
          await storage!.verify?.(bytes.subarray(range.start, range.end), signal);
          storage!.verified = true;
        } else await verifyStorage(storage!, signal);
      }
    },
  });
}

/** Where a block's storage, as it is stored, is a part of the tensor's bytes; undefined if nowhere. */
function wholeRange(
  { chunk, tensor }: BlockTensor,
  shape: readonly number[],
): { start: number; end: number } | undefined {
  const { storage, dtype: { itemsize } } = tensor;
  const { count, length, start } = runsOf(shape, chunk);
  const isWhole = count === 1 && storage!.nbytes === length * itemsize && isPlain(tensor);
  if (!isWhole || (storage!.byteOrder === "big" && storage!.word > 1)) return undefined;
  return { start: start(0) * itemsize, end: (start(0) + length) * itemsize };
}

/** Whether the elements lie row by row, as they are meant. */
function isPlain({ isContiguous, conj, neg }: Tensor): boolean {
  return isContiguous && !conj && !neg;
}

/** A block, and the tensor that its item holds. */
interface BlockTensor {
  readonly chunk: DcpChunk;
  readonly tensor: Tensor;
}

async function openBlocks(
  { name, chunks, dtype }: DcpTensor,
  files: DcpFiles,
  options: FormatOptions,
): Promise<BlockTensor[]> {
  const blocks: BlockTensor[] = [];
  for (const chunk of chunks) {
    const tensor = await openBlock(name, chunk, files, options);
    const { shape } = tensor;
    const same = shape.length === chunk.sizes.length &&
      shape.every((size, dim) => size === chunk.sizes[dim]);
    if (!same || tensor.dtype !== dtype || !tensor.storage) {
      throw new StateDictError(
        "corrupt",
        `A block of ${quoted(name)} is another tensor than the catalogue says`,
        { member: chunk.place.file, offset: chunk.place.offset },
      );
    }
    blocks.push({ chunk, tensor });
  }
  return blocks;
}

async function openBlock(
  name: string,
  { place }: DcpChunk,
  files: DcpFiles,
  options: FormatOptions,
): Promise<Tensor> {
  try {
    const opened = await openSource(await files.slice(place), nestedOptions(options));
    const unknown = opened.globals.find((use) => !isAllowedInTorch(use.module, use.qualname));
    if (unknown) {
      throw new StateDictError("refused", `A block of ${quoted(name)} names ${unknown.written}`, {
        hint: "no block of a tensor needs it; get the checkpoint from someone you trust",
      });
    }
    const tensor = opened.reduce(opened.value);
    if (tensor instanceof Tensor) return tensor;
    throw new StateDictError("corrupt", `A block of ${quoted(name)} holds no tensor`);
  } catch (error) {
    throw locate(error, undefined, place.file);
  }
}

/** Reads a block's elements: where they lie, or out of memory if they don't lie row by row there. */
async function readable({ chunk, tensor }: BlockTensor, signal?: AbortSignal): Promise<OpenBlock> {
  const { offsets, sizes } = chunk;
  if (isPlain(tensor)) {
    const reader = await storageReader(tensor.storage!, signal);
    const first = tensor.offset * tensor.dtype.itemsize;
    return { offsets, sizes, read: (start, target) => reader.read(first + start, target) };
  }
  await tensor.load(signal);
  const bytes = tensor.bytes();
  tensor.storage!.bytes = null;
  return {
    offsets,
    sizes,
    // deno-lint-ignore require-await -- as the interface has it
    async read(start, target) {
      target.set(bytes.subarray(start, start + target.length));
    },
  };
}
