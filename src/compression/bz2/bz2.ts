/**
 * bzip2 streams: one or more, each a header, blocks that begin at any bit, and a CRC-32 of all.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { bitWindow, lookAhead, readBits, sourceOffset } from "./bits.ts";
import type { BitWindow } from "./bits.ts";
import { BLOCK_STEP, damaged, LONGEST_BLOCK, readBlock } from "./block.ts";
import { blockText, pieceMemory } from "./text.ts";
import type { PackedInput } from "../packed_input.ts";

/** "BZh": the digit behind it is the level. */
const MAGIC = [0x42, 0x5a, 0x68];

/** What a block begins with, the digits of pi, and what stands in its place at a stream's end. */
const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;

/** Bytes of a stream's header and of the magic number that must follow it. */
const HEAD = 10;

/** Unpacks the streams of bzip2 one behind the other and checks each. */
export async function* decodeBz2(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  // Twice the longest block: the window is moved once a block, not for each of many small ones.
  const window = bitWindow(input, 2 * LONGEST_BLOCK);
  const out = pieceMemory();
  let links = new Int32Array(0);
  do {
    const size = await readHeader(window) * BLOCK_STEP;
    if (links.length < size) links = new Int32Array(size);
    let all = 0;
    while (await isBlock(window)) {
      const start = sourceOffset(window);
      const block = readBlock(window, links.subarray(0, size));
      const crc = yield* blockText(block, out);
      if (crc !== block.crc) throw wrongCrc("block", start, input);
      all = (all << 1 | all >>> 31) ^ crc;
    }
    const at = sourceOffset(window);
    if ((readBits(window, 16) << 16 | readBits(window, 16)) !== all) {
      throw wrongCrc("stream", at, input);
    }
    window.bit = window.bit + 7 & ~7;
  } while (await anotherStream(window));
  input.position = sourceOffset(window);
}

/** A stream's level, 1 to 9. */
async function readHeader(window: BitWindow): Promise<number> {
  await lookAhead(window, HEAD);
  const magic = MAGIC.map(() => readBits(window, 8));
  if (magic.some((byte, i) => byte !== MAGIC[i])) {
    throw damaged(window, "The bzip2 stream doesn't begin with BZh");
  }
  const level = readBits(window, 8) - 0x30;
  if (level < 1 || level > 9) throw damaged(window, "The bzip2 stream's level isn't 1 to 9");
  return level;
}

/** Whether a block comes next, not the stream's end; passes over what says so. */
async function isBlock(window: BitWindow): Promise<boolean> {
  await lookAhead(window, LONGEST_BLOCK);
  const magic = readBits(window, 24) * 2 ** 24 + readBits(window, 24);
  if (magic === BLOCK_MAGIC) return true;
  if (magic === END_MAGIC) return false;
  throw damaged(window, "Neither a bzip2 block nor the stream's end is where one should be");
}

/** Whether another stream follows. Anything else there isn't ours, as Python's bz2 has it too. */
async function anotherStream(window: BitWindow): Promise<boolean> {
  await lookAhead(window, HEAD);
  const { bytes, length, bit } = window;
  const head = bytes.subarray(bit >>> 3, Math.min((bit >>> 3) + HEAD, length));
  const level = head[3] ?? 0;
  if (head.length < HEAD || level < 0x31 || level > 0x39) return false;
  if (MAGIC.some((byte, i) => byte !== head[i])) return false;
  const magic = head.subarray(4).reduce((number, byte) => number * 256 + byte, 0);
  return magic === BLOCK_MAGIC || magic === END_MAGIC;
}

function wrongCrc(what: string, offset: number, input: PackedInput): StateDictError {
  return new StateDictError("corrupt", `The CRC-32 of a bzip2 ${what} is wrong`, {
    offset,
    path: input.name,
  });
}
