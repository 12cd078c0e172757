/**
 * gzip streams (RFC 1952): one or more members, each deflate with a header before and a CRC-32 and
 * a length behind.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { loadCrc32 } from "../io/crc32.ts";
import { inflateRaw } from "./inflate.ts";
import type { PackedInput } from "./packed_input.ts";

const HAS_HEADER_CRC = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
const RESERVED = 0xe0;

/** Longest name or comment in a header; nothing uses them, so this only bounds the search. */
const MAX_TEXT = 2 ** 16;

/** Unpacks the members of a gzip stream one behind the other and checks each. */
export async function* decodeGzip(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  const crc32 = await loadCrc32();
  do {
    await skipHeader(input);
    let crc = 0;
    let size = 0;
    for await (const piece of inflateRaw(input)) {
      crc = crc32(piece, crc);
      size = (size + piece.length) % 2 ** 32;
      yield piece;
    }
    const at = input.position;
    const stated = dataView(await input.take(8));
    const wrong = crc !== stated.getUint32(0, true)
      ? "The CRC-32 of a gzip member is wrong"
      : size !== stated.getUint32(4, true)
      ? "A gzip member isn't as long as it says"
      : undefined;
    if (wrong) throw new StateDictError("corrupt", wrong, { offset: at, path: input.name });
  } while (await anotherMember(input));
}

async function skipHeader(input: PackedInput): Promise<void> {
  const start = input.position;
  const head = await input.take(10);
  const flags = head[3]!;
  const wrong = head[0] !== 0x1f || head[1] !== 0x8b
    ? "A gzip member doesn't begin with 1f 8b"
    : head[2] !== 8
    ? `A gzip member names method ${head[2]}; only 8 exists`
    : flags & RESERVED
    ? "A gzip member sets reserved flags"
    : undefined;
  if (wrong) throw new StateDictError("corrupt", wrong, { offset: start, path: input.name });
  if (flags & HAS_EXTRA) {
    const length = dataView(await input.take(2)).getUint16(0, true);
    await input.take(length);
  }
  if (flags & HAS_NAME) await skipText(input);
  if (flags & HAS_COMMENT) await skipText(input);
  if (flags & HAS_HEADER_CRC) await input.take(2);
}

async function skipText(input: PackedInput): Promise<void> {
  const start = input.position;
  while (input.position - start <= MAX_TEXT) {
    if ((await input.take(1))[0] === 0) return;
  }
  throw new StateDictError("limit", `A gzip header holds a text of more than ${MAX_TEXT} bytes`, {
    offset: start,
    path: input.name,
  });
}

/** Whether another member follows. Zeros between members, or behind the last, are padding. */
async function anotherMember(input: PackedInput): Promise<boolean> {
  const behind = input.position;
  for (;;) {
    const chunk = await input.chunk();
    const at = chunk.findIndex((byte) => byte !== 0);
    if (at >= 0) {
      input.position -= chunk.length - at;
      if (input.end - input.position >= 2) {
        const [first, second] = await input.take(2);
        input.position -= 2;
        if (first === 0x1f && second === 0x8b) return true;
      }
      input.position = behind;
      return false;
    }
    if (chunk.length === 0) return false; // padding to the end
  }
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
