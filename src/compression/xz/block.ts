/**
 * One block of an xz stream: a header that names its filters, packed data, padding and a check.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { crc32 } from "../../io/crc32.ts";
import type { LzmaDecoder } from "../lzma/range.ts";
import type { PackedInput } from "../packed_input.ts";
import type { BlockCheck } from "./checks.ts";
import { foreignFilter, undoFilters } from "./filters.ts";
import type { FilterUse } from "./filters.ts";
import { readNumber } from "./numbers.ts";

const HAS_PACKED_SIZE = 0x40;
const HAS_PLAIN_SIZE = 0x80;
const RESERVED = 0x3c;

/** A block's header. */
interface BlockHeader {
  /** Bytes of it. */
  readonly size: number;
  /** Bytes of the packed data, where it says so. */
  readonly packed: number | undefined;
  /** Bytes that they become, where it says so. */
  readonly plain: number | undefined;
  /** What they were put through, in that order. */
  readonly filters: readonly FilterUse[];
}

/** What the index must say of a block. */
export interface BlockSizes {
  /** Bytes of header, data and check. */
  readonly packed: number;
  /** Bytes that they became. */
  readonly plain: number;
}

/** Unpacks the block whose header begins with `first`, a byte that has been read. */
export async function* decodeBlock(
  input: PackedInput,
  first: number,
  check: BlockCheck,
  decoder: LzmaDecoder,
): AsyncGenerator<Uint8Array, BlockSizes> {
  const start = input.position - 1;
  const header = await readHeader(input, first);
  const data = input.position;
  const pieces = undoFilters(header.filters, input, decoder);
  if (!pieces) throw corrupt(input, start, "has filters that make no sense");
  let plain = 0;
  for await (const piece of pieces) {
    check.update(piece);
    plain += piece.length;
    yield piece;
  }
  const packed = input.position - data;
  for (const [size, stated] of [[packed, header.packed], [plain, header.plain]] as const) {
    if (stated !== undefined && stated !== size) {
      throw corrupt(input, start, `should have ${stated} bytes, but has ${size}`);
    }
  }
  const padding = await input.take(-packed & 3);
  if (padding.some((byte) => byte !== 0)) {
    throw corrupt(input, start, "is padded with other bytes than zeros");
  }
  const digest = check.digest();
  const stored = await input.take(digest.length);
  if (digest.some((byte, i) => byte !== stored[i])) {
    throw corrupt(input, start, "doesn't match its check");
  }
  return { packed: header.size + packed + digest.length, plain };
}

async function readHeader(input: PackedInput, first: number): Promise<BlockHeader> {
  const start = input.position - 1;
  const size = (first + 1) * 4;
  const bytes = new Uint8Array(size);
  bytes[0] = first;
  bytes.set(await input.take(size - 1), 1);
  const fields = bytes.subarray(0, size - 4);
  if (new DataView(bytes.buffer).getUint32(size - 4, true) !== crc32(fields)) {
    throw corrupt(input, start, "has a header whose CRC-32 is wrong");
  }
  const flags = fields[1]!;
  if (flags & RESERVED) throw corrupt(input, start, "sets reserved flags");
  let at = 2;
  const next = () => {
    const read = readNumber(fields, at);
    if (!read) throw corrupt(input, start, "has a header that ends in a number");
    at = read[1];
    return read[0];
  };
  const packed = flags & HAS_PACKED_SIZE ? next() : undefined;
  const plain = flags & HAS_PLAIN_SIZE ? next() : undefined;
  const filters: FilterUse[] = [];
  for (let i = 0; i <= (flags & 3); i++) {
    const id = next();
    const length = next();
    const properties = fields.subarray(at, at + length);
    at += length;
    const foreign = foreignFilter(id);
    if (foreign !== undefined) {
      throw new StateDictError("unsupported", `The xz block went through ${foreign}`, {
        offset: start,
        path: input.name,
        hint: "unpack it with xz and open what comes out",
      });
    }
    filters.push({ id, properties });
  }
  if (at > fields.length || fields.subarray(at).some((byte) => byte !== 0)) {
    throw corrupt(input, start, "has a header that isn't as long as it says");
  }
  return { size, packed, plain, filters };
}

function corrupt(input: PackedInput, offset: number, what: string): StateDictError {
  return new StateDictError("corrupt", `The xz block ${what}`, { offset, path: input.name });
}
