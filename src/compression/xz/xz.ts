/**
 * xz streams: one or more, each with blocks, an index of them, and a footer that repeats the header.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { crc32 } from "../../io/crc32.ts";
import { lzma2Decoder } from "../lzma/lzma2.ts";
import type { PackedInput } from "../packed_input.ts";
import { decodeBlock } from "./block.ts";
import { CHECK_KINDS } from "./checks.ts";
import type { CheckKind } from "./checks.ts";
import { addRecord, checkIndex } from "./index.ts";
import type { BlockRecords } from "./index.ts";

const HEADER_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];
const FOOTER_MAGIC = [0x59, 0x5a];

/** Bytes of a header, and of a footer. */
const HEADER = 12;

/** Unpacks the streams of xz one behind the other, in bounded memory, and checks each. */
export async function* decodeXz(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  const decoder = lzma2Decoder(input.name);
  do {
    const kind = await readHeader(input);
    const startCheck = await kind.load();
    const records: BlockRecords = { count: 0, size: 0, crc: 0 };
    for (;;) {
      const [first = 0] = await input.take(1);
      if (first === 0) break;
      const { packed, plain } = yield* decodeBlock(input, first, startCheck(), decoder);
      addRecord(records, packed, plain);
    }
    await checkFooter(input, kind, await checkIndex(input, records));
  } while (await anotherStream(input));
}

async function readHeader(input: PackedInput): Promise<CheckKind> {
  const start = input.position;
  const header = await input.take(HEADER);
  if (HEADER_MAGIC.some((byte, i) => byte !== header[i])) {
    throw corrupt(input, start, "doesn't begin with its magic number");
  }
  if (readUint32(header, 8) !== crc32(header.subarray(6, 8))) {
    throw corrupt(input, start, "has a header whose CRC-32 is wrong");
  }
  const [reserved = 0, check = 0] = header.subarray(6);
  if (reserved !== 0 || check > 15) throw corrupt(input, start, "sets reserved flags");
  const kind = CHECK_KINDS.get(check);
  if (kind) return kind;
  throw new StateDictError("unsupported", `The xz stream has a check of the kind ${check}`, {
    offset: start,
    path: input.name,
  });
}

async function checkFooter(input: PackedInput, kind: CheckKind, indexSize: number): Promise<void> {
  const start = input.position;
  const footer = await input.take(HEADER);
  if (FOOTER_MAGIC.some((byte, i) => byte !== footer[10 + i])) {
    throw corrupt(input, start, "doesn't end with its magic number");
  }
  if (readUint32(footer, 0) !== crc32(footer.subarray(4, 10))) {
    throw corrupt(input, start, "has a footer whose CRC-32 is wrong");
  }
  if (footer[8] !== 0 || CHECK_KINDS.get(footer[9]!) !== kind) {
    throw corrupt(input, start, "has another check in its footer than in its header");
  }
  if ((readUint32(footer, 4) + 1) * 4 !== indexSize) {
    throw corrupt(input, start, "has a footer that doesn't fit its index");
  }
}

/** Whether another stream follows. Zeros, four at a time, are padding. */
async function anotherStream(input: PackedInput): Promise<boolean> {
  const behind = input.position;
  for (;;) {
    const chunk = await input.chunk();
    const at = chunk.findIndex((byte) => byte !== 0);
    if (chunk.length > 0 && at < 0) continue;
    if (at >= 0) input.position -= chunk.length - at;
    const isPadded = (input.position - behind) % 4 === 0;
    const left = input.end - input.position;
    const head = await input.take(Math.min(HEADER_MAGIC.length, left));
    input.position -= head.length;
    if (isPadded && left === 0) return false;
    if (isPadded && HEADER_MAGIC.every((byte, i) => byte === head[i])) return true;
    input.position = behind;
    return false;
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function corrupt(input: PackedInput, offset: number, what: string): StateDictError {
  return new StateDictError("corrupt", `The xz stream ${what}`, { offset, path: input.name });
}
