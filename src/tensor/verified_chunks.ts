/**
 * A tensor's elements in blocks, compared with the checksum that their file has of them: in the
 * same pass where the tensor is all that its storage holds.
 *
 * @module
 */

import { loadCrc32 } from "../io/crc32.ts";
import type { ChunkOptions } from "./chunks.ts";
import { verifyStorage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The blocks of `tensor.chunks()`.
 *
 * @throws `corrupt` if the bytes aren't those that were written: at the end, or before the first.
 */
export async function* verifiedChunks(
  tensor: Tensor,
  options: ChunkOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { storage } = tensor;
  const isAll = storage !== null && storage.crc !== null && !storage.verified &&
    tensor.isContiguous && tensor.nbytes === storage.nbytes;
  if (!isAll) {
    if (storage) await verifyStorage(storage, options.signal);
    yield* tensor.chunks(options);
    return;
  }
  const crc32 = await loadCrc32(storage.nbytes);
  let crc = 0;
  for await (const block of tensor.chunks(options)) {
    crc = crc32(block, crc);
    yield block;
  }
  // Bytes that were turned round on the way have another checksum too: the storage itself decides.
  if (crc === storage.crc) storage.verified = true;
  else await verifyStorage(storage, options.signal);
}
