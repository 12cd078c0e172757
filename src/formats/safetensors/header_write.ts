/**
 * The header of a new safetensors file, byte for byte as the library writes it: the widest dtypes
 * first, then by name, and blanks up to a multiple of 8.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { packedBytes } from "../../tensor/check.ts";
import type { DType } from "../../tensor/dtype.ts";
import { countElements } from "../../tensor/strides.ts";
import { compareText } from "../../text/order.ts";
import { quoted } from "../../text/quoted.ts";
import { writtenDType } from "./dtypes.ts";
import { LENGTH_BYTES, MAX_HEADER } from "./header.ts";

/** What the header says of a tensor. */
export interface TensorFacts {
  /** Its name. */
  readonly name: string;
  /** Its elements' type. */
  readonly dtype: DType;
  /** Its sizes. */
  readonly shape: readonly number[];
}

/** A file that is to be written. */
export interface Layout<T extends TensorFacts> {
  /** The first bytes: the length, the header, blanks. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** The tensors in the order in which their elements follow, row-major and little-endian. */
  readonly tensors: readonly T[];
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Padding of the header, so that the tensors begin aligned. */
const ALIGNMENT = 8;

/**
 * Lays a file out.
 *
 * @throws `unsupported` for a dtype that the format doesn't have, `conflict` for a name that comes
 *   twice, `limit` for too many names.
 */
export function layOutSafetensors<T extends TensorFacts>(
  tensors: readonly T[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Layout<T> {
  const entries = tensors.map(entryOf)
    .sort((a, b) => b.rank - a.rank || compareText(a.tensor.name, b.tensor.name));
  checkNames(entries.map(({ tensor }) => tensor.name));
  const members = metadata.size === 0 ? [] : [`"__metadata__":${metadataText(metadata)}`];
  let end = 0;
  for (const { tensor, word, shape, nbytes } of entries) {
    const begin = end;
    end += nbytes;
    members.push(
      `${text(tensor.name)}:{"dtype":"${word}","shape":[${
        shape.map(BigInt)
      }],"data_offsets":[${begin},${end}]}`,
    );
  }
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (length > MAX_HEADER) {
    throw new StateDictError("limit", `The header takes ${length} bytes, more than ${MAX_HEADER}`, {
      hint: "write several files (--max-shard-size)",
    });
  }
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return {
    header,
    tensors: entries.map(({ tensor }) => tensor),
    size: header.length + end,
  };
}

/** An entry before its place is known. */
interface Entry<T> {
  readonly tensor: T;
  readonly word: string;
  readonly rank: number;
  readonly shape: readonly number[];
  readonly nbytes: number;
}

/** Why the format can't hold a tensor; undefined if it can. */
export function safetensorsRefusal(
  { dtype, shape }: Pick<TensorFacts, "dtype" | "shape">,
): string | undefined {
  const written = writtenDType(dtype);
  if (!written) return `safetensors has no dtype ${dtype.name}`;
  // It takes only whole bytes.
  if ((countElements(shape) * dtype.bits) % 8 !== 0) return "it ends inside a byte";
  if (written.lanes > 1 && shape.length === 0) {
    return "it is a single pair of values, and safetensors counts a tensor without sizes as one";
  }
  return undefined;
}

function entryOf<T extends TensorFacts>(tensor: T): Entry<T> {
  const { name, dtype, shape } = tensor;
  const why = safetensorsRefusal(tensor);
  if (why !== undefined) {
    throw new StateDictError("unsupported", `${quoted(name)} can't be written: ${why}`, {
      hint: "leave it out, or cast it",
    });
  }
  const written = writtenDType(dtype)!;
  const wide = shape.slice();
  if (written.lanes > 1) wide[wide.length - 1]! *= written.lanes;
  return {
    tensor,
    word: written.name,
    rank: written.rank,
    shape: wide,
    nbytes: packedBytes(dtype, shape),
  };
}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name) || name === "__metadata__") {
      throw new StateDictError("conflict", `Two things would be called ${quoted(name)}`, {
        hint: "rename one of them (--rename)",
      });
    }
    seen.add(name);
  }
}

function metadataText(metadata: ReadonlyMap<string, string>): string {
  return `{${[...metadata].map(([key, value]) => `${text(key)}:${text(value)}`).join(",")}}`;
}

/** JSON's own escapes are those of the library's writer; half a surrogate pair it can't write. */
function text(value: string): string {
  if (value.isWellFormed()) return JSON.stringify(value);
  throw new StateDictError("unsupported", `${quoted(value)} holds half a surrogate pair`, {
    hint: "UTF-8 has no such thing; rename it (--rename)",
  });
}
