/**
 * The header of a safetensors file: what each tensor is, checked as the library checks it.
 *
 * Source: `safetensors/src/tensor.rs` (0.8), and the format's own page. The library lets a name come
 * twice and blanks stand before the `{`; the page forbids both, and so does this reader.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import type { DType } from "../../tensor/dtype.ts";
import { JsonReader } from "../../text/json_reader.ts";
import { quoted } from "../../text/quoted.ts";
import { decodeUtf8 } from "../../text/utf8.ts";
import { safetensorsDType } from "./dtypes.ts";
import { checkLayout, checkSize } from "./layout.ts";

/** Bytes a header may have: the library's own limit. */
export const MAX_HEADER = 100_000_000;

/** Bytes before the header: its length. */
export const LENGTH_BYTES = 8;

/** One tensor of a header. */
export interface HeaderTensor {
  /** Its name. */
  readonly name: string;
  /** Its elements' type. */
  readonly dtype: DType;
  /** Its sizes. */
  readonly shape: readonly number[];
  /** First byte, counted from the data's start. */
  readonly begin: number;
  /** One past the last byte. */
  readonly end: number;
}

/** A header, read and checked. */
export interface Header {
  /** The tensors, by their place in the file. */
  readonly tensors: readonly HeaderTensor[];
  /** The text metadata. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Where the tensors' bytes begin in the file. */
  readonly dataStart: number;
  /** That the data ends too early, where that is no error. */
  readonly damage?: StateDictError | undefined;
}

/** Reads and checks the header of a file; with `recover` its data may end too early. */
export async function readHeader(
  source: ByteSource,
  signal?: AbortSignal,
  recover = false,
): Promise<Header> {
  const head = await readBytes(source, 0, Math.min(LENGTH_BYTES, source.size), signal);
  const length = headerLength(head, source.size);
  const bytes = await readBytes(source, LENGTH_BYTES, length, signal);
  const { tensors, metadata } = parseHeader(bytes);
  const dataStart = LENGTH_BYTES + length;
  const damage = checkLayout(tensors, source.size - dataStart);
  if (damage && !recover) throw damage;
  return { tensors, metadata, dataStart, damage };
}

/** The header's length, from the first bytes; checked against the file. */
export function headerLength(head: Uint8Array, size: number): number {
  if (head.length < LENGTH_BYTES) {
    throw new StateDictError("truncated", `The file has ${size} bytes, too few for a header`);
  }
  const view = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > MAX_HEADER) {
    throw new StateDictError(
      "corrupt",
      `The header would have ${length} bytes, more than ${MAX_HEADER}`,
      { offset: 0 },
    );
  }
  if (LENGTH_BYTES + length > size) {
    throw new StateDictError(
      "truncated",
      `The header has ${length} bytes, but the file ends at ${size}`,
      { offset: 0, hint: "download or copy it again" },
    );
  }
  return length;
}

/** The entries of a header's JSON, sorted by their place. */
export function parseHeader(bytes: Uint8Array): Pick<Header, "tensors" | "metadata"> {
  const origin = { title: "The header", offset: LENGTH_BYTES };
  const reader = new JsonReader(decodeUtf8(bytes, origin), origin);
  if (bytes[0] !== 0x7b) throw reader.fail('doesn\'t begin with "{"');
  const tensors: HeaderTensor[] = [];
  let metadata: Map<string, string> | undefined;
  for (let more = reader.enterObject(); more; more = reader.nextMember()) {
    const name = reader.key();
    if (name !== "__metadata__") tensors.push(readTensor(reader, name));
    else if (metadata) throw reader.fail("has two __metadata__");
    else metadata = readMetadata(reader);
  }
  reader.end();
  sortByPlace(tensors);
  return { tensors, metadata: metadata ?? new Map() };
}

function readMetadata(reader: JsonReader): Map<string, string> {
  const metadata = new Map<string, string>();
  if (reader.takesNull()) return metadata;
  for (let more = reader.enterObject(); more; more = reader.nextMember()) {
    const key = reader.key();
    if (metadata.has(key)) throw reader.fail(`has two entries ${quoted(key)} in __metadata__`);
    metadata.set(key, reader.string());
  }
  return metadata;
}

function readTensor(reader: JsonReader, name: string): HeaderTensor {
  let dtype: DType | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  for (let more = reader.enterObject(); more; more = reader.nextMember()) {
    const key = reader.key();
    if (key === "dtype" && !dtype) dtype = readDType(reader);
    else if (key === "shape" && !shape) shape = readIntegers(reader);
    else if (key === "data_offsets" && !offsets) offsets = readIntegers(reader);
    else if (FIELDS.has(key)) throw reader.fail(`has two ${key} for ${quoted(name)}`);
    else reader.skip(3);
  }
  if (!dtype || !shape || offsets?.length !== 2) {
    throw reader.fail(`lacks a dtype, a shape or two offsets for ${quoted(name)}`);
  }
  const entry = { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
  checkSize(entry);
  return entry;
}

/** The fields of an entry; the library reads over others. */
const FIELDS: ReadonlySet<string> = new Set(["dtype", "shape", "data_offsets"]);

function readDType(reader: JsonReader): DType {
  const word = reader.string();
  const dtype = safetensorsDType(word);
  if (dtype) return dtype;
  throw reader.fail(`names the dtype ${quoted(word)}, which there isn't`);
}

function readIntegers(reader: JsonReader): number[] {
  const integers: number[] = [];
  for (let more = reader.enterArray(); more; more = reader.nextItem()) {
    const value = reader.unsigned();
    // A size beyond 2^53 is possible where another is 0; here it must be one that a number can be.
    if (typeof value === "bigint" && BigInt(Number(value)) !== value) {
      throw new StateDictError("unsupported", `The header has the integer ${value}`);
    }
    integers.push(Number(value));
  }
  return integers;
}

/** Writers list the tensors in their order mostly, so there is mostly nothing to do. */
function sortByPlace(tensors: HeaderTensor[]): void {
  for (let i = 1; i < tensors.length; i++) {
    const before = tensors[i - 1]!;
    const entry = tensors[i]!;
    if (before.begin < entry.begin || (before.begin === entry.begin && before.end <= entry.end)) {
      continue;
    }
    tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
    return;
  }
}
