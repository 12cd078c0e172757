/**
 * A storage's bytes for a writer: in blocks, little-endian, and compared with the checksum that
 * their file has of them.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { BLOCK, borrowBlock, returnBlock } from "../io/block_buffer.ts";
import { breathe } from "../io/breathe.ts";
import { loadCrc32 } from "../io/crc32.ts";
import { checkAborted } from "../io/source.ts";
import { storageReader, verifyStorage } from "../tensor/storage.ts";
import type { Storage } from "../tensor/storage.ts";

/** Tells a caller how far a writer is, and lets it stop. */
export interface CopyOptions {
  /** Told of the bytes that went by, each time some did. */
  readonly progress?: (bytes: number) => void;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/**
 * All bytes of a storage, in blocks that are good until the next is asked for.
 *
 * @throws `corrupt` if the file's checksum says so: at the end, where it is of these very bytes.
 */
export async function* storageBytes(
  storage: Storage,
  options: CopyOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { signal, progress } = options;
  const reader = await storageReader(storage, signal);
  const swapped = storage.byteOrder === "big" && storage.word > 1;
  const inOnePass = storage.crc !== null && !storage.verified && !swapped;
  const crc32 = inOnePass ? await loadCrc32(storage.nbytes) : undefined;
  if (!inOnePass) await verifyStorage(storage, signal);
  const block = borrowBlock(Math.min(BLOCK, storage.nbytes));
  let crc = 0;
  for (let at = 0; at < storage.nbytes; at += BLOCK) {
    await breathe();
    checkAborted(signal);
    const part = block.subarray(0, Math.min(BLOCK, storage.nbytes - at));
    await reader.read(at, part);
    if (crc32) crc = crc32(part, crc);
    yield part;
    progress?.(part.length);
  }
  returnBlock(block);
  if (crc32 && crc !== storage.crc) {
    throw new StateDictError(
      "corrupt",
      `The bytes of storage ${storage.id} don't match their CRC-32`,
      {
        ...(storage.record === null ? {} : { member: storage.record }),
        hint: "the file is damaged; get it again",
      },
    );
  }
}
