/**
 * A source from front to back.
 *
 * @module
 */

import { borrowBlock, PIECE, returnBlock } from "./block_buffer.ts";
import { breathe } from "./breathe.ts";
import { checkAborted, readInto } from "./source.ts";
import type { ByteSource } from "./source.ts";

/** All bytes of a source in blocks that are good until the next is asked for. */
export async function* sourceChunks(
  source: ByteSource,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const block = borrowBlock(Math.min(PIECE, source.size));
  for (let at = 0; at < source.size; at += block.length) {
    await breathe();
    checkAborted(signal);
    const part = block.subarray(0, Math.min(block.length, source.size - at));
    await readInto(source, at, part, signal);
    yield part;
  }
  returnBlock(block);
}
