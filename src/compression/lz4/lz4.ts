/**
 * LZ4 frames: one or more, each with a header and blocks that may refer to those before, and with
 * checksums of all of it or none.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { decodeLz4Block, LZ4_HISTORY, LZ4_SPARE } from "./block.ts";
import type { PackedInput } from "../packed_input.ts";
import { startXxHash32, xxHash32 } from "./xxhash32.ts";

const FRAME_MAGIC = 0x184d2204;

/** Frames with anything in them but data begin with this and a last digit of their own. */
const SKIPPABLE_MAGIC = 0x184d2a50;

/** A frame's first flags. */
const VERSION = 0xc0;
const VERSION_1 = 0x40;
const INDEPENDENT = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const RESERVED = 0x02;
const DICTIONARY = 0x01;

/** The highest bit of a block's size: it is stored as it is. */
const STORED = 0x80000000;

/** Blocks that fit behind one another in memory before their history is moved, at least. */
const LEAST_ROOM = 2 ** 20;

/** A frame's header. */
interface FrameHeader {
  readonly flags: number;
  /** Most plain bytes in a block. */
  readonly blockSize: number;
  /** Plain bytes in all, where it says so. */
  readonly size: bigint | undefined;
}

/** Unpacks the frames of LZ4 one behind the other, in bounded memory, and checks each. */
export async function* decodeLz4(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  let memory = new Uint8Array(0);
  do {
    const header = await readHeader(input);
    if (!header) continue;
    const size = LZ4_HISTORY + Math.max(header.blockSize, LEAST_ROOM) + LZ4_SPARE;
    if (memory.length < size) memory = new Uint8Array(size);
    yield* decodeFrame(input, header, memory);
  } while (await anotherFrame(input));
}

/** Reads the header of a frame, or passes over a whole one that is to be skipped. */
async function readHeader(input: PackedInput): Promise<FrameHeader | undefined> {
  const start = input.position;
  const magic = await takeUint32(input);
  if (isSkippable(magic)) {
    await skip(input, await takeUint32(input));
    return undefined;
  }
  if (magic !== FRAME_MAGIC) throw corrupt(input, start, "doesn't begin with its magic number");
  const descriptor = input.position;
  const [flags = 0, block = 0] = await input.take(2);
  if ((flags & VERSION) !== VERSION_1) throw corrupt(input, start, "isn't of version 1");
  if (flags & RESERVED || block & 0x8f) throw corrupt(input, start, "sets reserved flags");
  const blockKind = block >>> 4;
  if (blockKind < 4) throw corrupt(input, start, `has blocks of the kind ${blockKind}, not 4 to 7`);
  const length = 2 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0);
  input.position = descriptor;
  const bytes = await input.take(length + 1);
  if (bytes[length] !== (xxHash32(bytes.subarray(0, length)) >>> 8 & 255)) {
    throw corrupt(input, start, "has a header whose checksum is wrong");
  }
  if (flags & DICTIONARY) {
    throw new StateDictError("unsupported", "The LZ4 frame needs a preset dictionary", {
      offset: start,
      path: input.name,
    });
  }
  const size = flags & CONTENT_SIZE
    ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(2, true)
    : undefined;
  return { flags, blockSize: 2 ** (8 + 2 * blockKind), size };
}

async function* decodeFrame(
  input: PackedInput,
  { flags, blockSize, size }: FrameHeader,
  out: Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  const start = input.position;
  const content = flags & CONTENT_CHECKSUM ? startXxHash32() : undefined;
  let history = 0;
  let end = 0;
  let total = 0;
  for (;;) {
    const at = input.position;
    const word = await takeUint32(input);
    if (word === 0) break;
    const isStored = word >= STORED;
    const packedSize = word % STORED;
    if (packedSize > blockSize) {
      throw corrupt(input, at, `has a block of ${packedSize} bytes, but ${blockSize} are the most`);
    }
    const packed = await input.take(packedSize);
    if (flags & BLOCK_CHECKSUMS && await takeUint32(input) !== xxHash32(packed)) {
      throw corrupt(input, at, "has a block whose checksum is wrong");
    }
    if (flags & INDEPENDENT) history = end = 0;
    else if (end + blockSize + LZ4_SPARE > out.length) {
      out.copyWithin(0, end - LZ4_HISTORY, end);
      history = 0;
      end = LZ4_HISTORY;
    }
    const from = end;
    if (isStored) {
      out.set(packed, from);
      end += packedSize;
    } else {
      end = decodeLz4Block(packed, out, from, from + blockSize, history);
      if (end < 0) throw corrupt(input, at, "has a damaged block");
    }
    const piece = out.subarray(from, end);
    content?.update(piece);
    total += piece.length;
    yield piece;
  }
  if (content && await takeUint32(input) !== content.digest()) {
    throw corrupt(input, start, "doesn't match its checksum");
  }
  if (size !== undefined && size !== BigInt(total)) {
    throw corrupt(input, start, `should become ${size} bytes, but becomes ${total}`);
  }
}

/** Whether another frame follows, of data or to be skipped. */
async function anotherFrame(input: PackedInput): Promise<boolean> {
  if (input.end - input.position < 4) return false;
  const magic = await takeUint32(input);
  input.position -= 4;
  return magic === FRAME_MAGIC || isSkippable(magic);
}

function isSkippable(magic: number): boolean {
  return magic - magic % 16 === SKIPPABLE_MAGIC;
}

async function skip(input: PackedInput, count: number): Promise<void> {
  if (count > input.end - input.position) await input.take(count); // says that it is cut
  input.position += count;
}

async function takeUint32(input: PackedInput): Promise<number> {
  const bytes = await input.take(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function corrupt(input: PackedInput, offset: number, what: string): StateDictError {
  return new StateDictError("corrupt", `The LZ4 frame ${what}`, { offset, path: input.name });
}
