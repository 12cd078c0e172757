/**
 * The header of a safetensors file: what each tensor is, checked as the library checks it.
 *
 * Source: `safetensors/src/tensor.rs` (0.8), and the format's own page. The library lets a name come
 * twice; the format forbids it, and so does this reader.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import { JsonReader } from "./json_reader.ts";
import { DTYPE_NAMES } from "./names.ts";

/** Bytes a header may have: the library's own limit. */
export const MAX_HEADER = 100_000_000;

/** Bytes before the header: its length. */
const LENGTH_BYTES = 8;

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
}

function corrupt(what: string, offset?: number): StateDictError {
  return new StateDictError("corrupt", what, offset === undefined ? {} : { offset });
}

/** The header's length, from the first bytes; checked against the file. */
export function headerLength(head: Uint8Array, size: number): number {
  if (head.length < LENGTH_BYTES) {
    throw new StateDictError("truncated", `The file has ${size} bytes, too few for a header`);
  }
  const view = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > MAX_HEADER) {
    throw corrupt(`The header would have ${length} bytes, more than ${MAX_HEADER}`, 0);
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

/** Reads and checks the header of a file. */
export async function readHeader(source: ByteSource, signal?: AbortSignal): Promise<Header> {
  const head = await readBytes(source, 0, Math.min(LENGTH_BYTES, source.size), signal);
  const length = headerLength(head, source.size);
  const bytes = await readBytes(source, LENGTH_BYTES, length, signal);
  const { tensors, metadata } = parseHeader(bytes);
  const dataStart = LENGTH_BYTES + length;
  checkLayout(tensors, source.size - dataStart);
  return { tensors, metadata, dataStart };
}

/** The entries of a header's JSON, sorted by their place. */
export function parseHeader(bytes: Uint8Array): Pick<Header, "tensors" | "metadata"> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new StateDictError("corrupt", "The header is not valid UTF-8", {
      offset: LENGTH_BYTES,
      cause,
    });
  }
  const reader = new JsonReader(text, LENGTH_BYTES);
  const tensors: HeaderTensor[] = [];
  let metadata: Map<string, string> = new Map();
  reader.object((name) => {
    if (name === "__metadata__") metadata = readMetadata(reader);
    else tensors.push(readTensor(reader, name));
  });
  reader.end();
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  return { tensors, metadata };
}

function readMetadata(reader: JsonReader): Map<string, string> {
  const metadata = new Map<string, string>();
  if (reader.takesWord("null")) return metadata;
  reader.object((key) => metadata.set(key, reader.string()));
  return metadata;
}

function readTensor(reader: JsonReader, name: string): HeaderTensor {
  let dtype: DType | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === "dtype") dtype = readDType(reader);
    else if (key === "shape") shape = readIntegers(reader);
    else if (key === "data_offsets") offsets = readIntegers(reader);
    else reader.skip(2);
  });
  if (!dtype || !shape || offsets?.length !== 2) {
    throw reader.fail(`lacks a dtype, a shape or two offsets for ${quoted(name)}`);
  }
  const [begin, end] = offsets as [number, number];
  checkSize(name, dtype, shape, begin, end);
  return { name, dtype, shape, begin, end };
}

function readDType(reader: JsonReader): DType {
  const word = reader.string();
  const name = DTYPE_NAMES.get(word);
  const dtype = name === undefined ? undefined : dtypeByName(name);
  if (dtype) return dtype;
  throw reader.fail(`names the dtype ${quoted(word)}, which there isn't`);
}

function readIntegers(reader: JsonReader): number[] {
  const integers: number[] = [];
  reader.array(() => {
    const value = reader.unsigned();
    // A size beyond 2^53 is possible where another is 0; it must be one that a number can be.
    if (typeof value === "bigint" && BigInt(Number(value)) !== value) {
      throw new StateDictError("unsupported", `The header has the integer ${value}`);
    }
    integers.push(Number(value));
  });
  return integers;
}

/** The library multiplies in 64 bits and refuses overflow, also where a later size is 0. */
function checkSize(
  name: string,
  dtype: DType,
  shape: readonly number[],
  begin: number,
  end: number,
): void {
  let bits = BigInt(dtype.bits);
  let elements = 1n;
  for (const size of shape) {
    elements *= BigInt(size);
    if (elements >= 2n ** 64n) throw corrupt(`The sizes of ${quoted(name)} overflow 64 bits`);
  }
  bits *= elements;
  if (bits >= 2n ** 64n) throw corrupt(`The sizes of ${quoted(name)} overflow 64 bits`);
  if (bits % 8n !== 0n) throw corrupt(`${quoted(name)} ends inside a byte`);
  if (end < begin) throw corrupt(`${quoted(name)} ends at ${end}, before it begins at ${begin}`);
  if (bits / 8n !== BigInt(end) - BigInt(begin)) {
    throw corrupt(`${quoted(name)} takes ${bits / 8n} bytes, but has ${end - begin}`);
  }
}

/** No holes, no overlaps, nothing after the last: hidden bytes would be a second file. */
function checkLayout(tensors: readonly HeaderTensor[], dataSize: number): void {
  let at = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== at) {
      const what = begin > at ? `leaves ${begin - at} bytes out` : `overlaps ${at - begin} bytes`;
      throw corrupt(`${quoted(name)} begins at ${begin} of the data and ${what}`);
    }
    at = end;
  }
  if (at > dataSize) {
    throw new StateDictError(
      "truncated",
      `The data ends at ${dataSize} of ${at} bytes; ${
        wholeTensors(tensors, dataSize)
      } of ${tensors.length} tensors are whole`,
      { hint: "download or copy it again" },
    );
  }
  if (at < dataSize) throw corrupt(`${dataSize - at} bytes follow the last tensor`);
}

function wholeTensors(tensors: readonly HeaderTensor[], dataSize: number): number {
  return tensors.filter(({ end }) => end <= dataSize).length;
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
