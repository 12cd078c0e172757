/**
 * Members as they stream: what converts and verifies reads each byte once, in bounded memory.
 *
 * @module
 */

import { packedInput } from "../compression/packed_input.ts";
import { locate } from "../errors.ts";
import { borrowBlock, PIECE, returnBlock } from "../io/block_buffer.ts";
import { loadCrc32 } from "../io/crc32.ts";
import { breathe } from "../io/breathe.ts";
import { checkAborted, readInto } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { ZipDirectory } from "./directory.ts";
import type { ZipEntry } from "./entries.ts";
import { STORED } from "./layout.ts";
import { checkCrc, checkInflated, checkLimit, memberRange } from "./member.ts";
import type { MemberOptions, MemberRange } from "./member.ts";

/**
 * A member's plain bytes in pieces, in bounded memory; each piece is the reader's until it asks
 * for the next. What only the end can show, such as a wrong CRC, is an error at the end.
 */
export async function* memberChunks(
  directory: ZipDirectory,
  entry: ZipEntry,
  options: MemberOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const { source } = directory;
  const range = await memberRange(directory, entry, options.signal);
  const checks = options.checkCrc !== false && entry.crc !== 0;
  const crc32 = checks ? await loadCrc32(entry.size) : undefined;
  const pieces = entry.method === STORED
    ? storedChunks(source, range, options.signal)
    : inflatedChunks(directory, entry, range, options);
  let crc = 0;
  for await (const piece of pieces) {
    if (crc32) crc = crc32(piece, crc);
    yield piece;
  }
  if (crc32) checkCrc(directory, entry, crc);
}

async function* storedChunks(
  source: ByteSource,
  range: MemberRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const block = borrowBlock(Math.min(PIECE, range.size));
  for (let done = 0; done < range.size; done += PIECE) {
    await breathe();
    checkAborted(signal);
    const piece = block.subarray(0, Math.min(PIECE, range.size - done));
    await readInto(source, range.offset + done, piece, signal);
    yield piece;
  }
  returnBlock(block);
}

async function* inflatedChunks(
  directory: ZipDirectory,
  entry: ZipEntry,
  range: MemberRange,
  options: MemberOptions,
): AsyncGenerator<Uint8Array, void> {
  const { source } = directory;
  checkLimit(directory, entry, options);
  const { inflateRaw, tooLong } = await import("../compression/inflate.ts");
  const input = packedInput(source, range.offset, range.offset + range.size, options.signal);
  let size = 0;
  try {
    for await (const piece of inflateRaw(input)) {
      size += piece.length;
      if (size > entry.size) throw tooLong(entry.size, source.name);
      yield piece;
    }
  } catch (error) {
    throw locate(error, source.name, entry.name);
  }
  checkInflated(directory, entry, size, input.position - range.offset);
}
