/**
 * numpy's types with a size, a unit or fields: made from what a file says, within limits.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { DTYPES, makeDType } from "./dtype.ts";
import type { ByteOrder, DType, DTypeKind, Field } from "./dtype.ts";

/** Levels that structures may nest: real ones have two or three. */
const MAX_DEPTH = 32;

/** Elementary fields of one type: shared parts nested 30 deep would otherwise make a billion. */
const MAX_LEAVES = 65_536;

/** A type and how its numbers are stored. */
export interface StoredDType {
  /** The type. */
  readonly dtype: DType;
  /** Which end of its numbers comes first. */
  readonly byteOrder: ByteOrder;
}

/** `|S4`: bytes, padded with zeros. */
export function bytesDType(size: number): DType {
  return sized("bytes", `|S${size}`, size, 1);
}

/** `<U5`: text of so many characters, four bytes each, padded with zeros. */
export function strDType(characters: number): DType {
  return sized("str", `<U${characters}`, characters * 4, 4);
}

/** `|V3`: bytes without a meaning. */
export function voidDType(size: number): DType {
  return sized("void", `|V${size}`, size, 1);
}

function sized(kind: DTypeKind, code: string, bytes: number, word: number): DType {
  if (!Number.isSafeInteger(bytes * 8) || bytes < 0) {
    throw new StateDictError("corrupt", `Dtype ${code} has a size that can't be`);
  }
  return makeDType({ name: code, kind, bits: bytes * 8, word, numpy: code });
}

const UNIT = /^(\d{0,9})(generic|Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)$/;

/** `datetime64[25us]`; without a unit it is numpy's generic one. */
export function timeDType(kind: "datetime" | "timedelta", unit = "generic"): DType {
  const parts = UNIT.exec(unit.replace("μ", "u"));
  const count = Number(parts?.[1] || "1");
  if (!parts) {
    throw new StateDictError("corrupt", `Dtype ${kind}64 has an unknown unit "${unit}"`);
  }
  const suffix = parts[2] === "generic" ? "" : `[${count === 1 ? "" : count}${parts[2]}]`;
  const code = `<${kind === "datetime" ? "M" : "m"}8${suffix}`;
  return makeDType({ name: `${kind}64${suffix}`, kind, bits: 64, word: 8, numpy: code });
}

/** The plain types by numpy's letter and size. */
const CODES: ReadonlyMap<string, DType> = /* @__PURE__ */ new Map(
  [...DTYPES.values()].filter((type) => type.numpy !== null && type.kind !== "object")
    .map((type) => [type.numpy!.slice(1), type]),
);

const TYPESTR = /^([<>=|])?([A-Za-z?])(\d{0,10})(?:\[([^\[\]]{1,20})\])?$/;

/** Reads numpy's code of a type: `<f4`, `>i2`, `|S3`, `<U5`, `M8[ns]`, `|O`. */
export function numpyDType(code: string): StoredDType {
  const parts = TYPESTR.exec(code);
  const letter = parts?.[2] === "a" ? "S" : parts?.[2];
  const digits = parts?.[3] ?? "";
  const dtype = letter === undefined ? undefined : parseCode(letter, digits, parts?.[4]);
  if (!dtype) throw new StateDictError("corrupt", `"${code.slice(0, 40)}" is no numpy dtype`);
  return { dtype, byteOrder: parts?.[1] === ">" && dtype.word > 1 ? "big" : "little" };
}

function parseCode(letter: string, digits: string, unit: string | undefined): DType | undefined {
  if (letter === "M" || letter === "m") {
    if (digits !== "8") return undefined;
    return timeDType(letter === "M" ? "datetime" : "timedelta", unit);
  }
  if (unit !== undefined) return undefined;
  const size = Number(digits);
  if (letter === "S") return bytesDType(size);
  if (letter === "U") return strDType(size);
  if (letter === "V") return voidDType(size);
  if (letter === "O") return ["", "4", "8"].includes(digits) ? DTYPES.get("object") : undefined;
  return letter === "?" && digits === "" ? DTYPES.get("bool") : CODES.get(letter + digits);
}

/** A type repeated in a shape: only the field of a structure has one. */
export function subarrayDType(base: DType, shape: readonly number[]): DType {
  if (base.kind === "subarray") return subarrayDType(base.base!, [...shape, ...base.shape!]);
  let count = 1;
  for (const size of shape) count *= size;
  const bits = count * base.bits;
  const possible = shape.length <= MAX_DEPTH &&
    shape.every((size) => Number.isInteger(size) && size >= 0);
  if (!possible || !Number.isSafeInteger(bits)) {
    throw new StateDictError("corrupt", "A subarray dtype has a shape that can't be");
  }
  const depth = base.depth + 1;
  // A repeated structure is laid out once for each repetition.
  const leaves = base.leaves * (base.leaves > 1 || base.fields ? Math.max(1, count) : 1);
  checkLimits(depth, leaves);
  return makeDType({
    name: JSON.stringify([describeDType(base), shape]),
    kind: "subarray",
    bits,
    word: 1,
    base,
    shape,
    objects: base.objects,
    bigFields: base.bigFields,
    leaves,
    depth,
  });
}

/** A structured type; `itemsize` includes the padding. */
export function structDType(fields: readonly Field[], itemsize: number): DType {
  let depth = 1;
  let leaves = 1;
  if (!Number.isSafeInteger(itemsize * 8) || itemsize < 0) {
    throw new StateDictError("corrupt", `A structured dtype has ${itemsize} bytes`);
  }
  for (const { name, offset, dtype } of fields) {
    if (!Number.isInteger(offset) || offset < 0 || offset + dtype.itemsize > itemsize) {
      throw new StateDictError(
        "corrupt",
        `Field "${name}" lies at ${offset} with ${dtype.itemsize} bytes, its dtype has ${itemsize}`,
      );
    }
    depth = Math.max(depth, dtype.depth + 1);
    leaves += dtype.leaves;
  }
  checkLimits(depth, leaves);
  const shaped = {
    kind: "struct" as const,
    bits: itemsize * 8,
    word: 1,
    fields,
    objects: fields.some((field) => field.dtype.objects),
    bigFields: fields.some(isBig),
    leaves,
    depth,
  };
  const named = makeDType({ name: "", ...shaped });
  return makeDType({ name: JSON.stringify(describeDType(named)), ...shaped });
}

function isBig(field: Field): boolean {
  const plain = field.dtype.base ?? field.dtype;
  return field.dtype.bigFields || (field.byteOrder === "big" && plain.word > 1);
}

function checkLimits(depth: number, leaves: number): void {
  if (depth <= MAX_DEPTH && leaves <= MAX_LEAVES) return;
  throw new StateDictError(
    "limit",
    depth > MAX_DEPTH
      ? `A structured dtype nests more than ${MAX_DEPTH} deep`
      : `A structured dtype has more than ${MAX_LEAVES} fields`,
  );
}

/** A type as JSON: a name, numpy's list of fields, or `{names, formats, offsets, itemsize}`. */
export type DTypeDescription =
  | string
  | number
  | readonly DTypeDescription[]
  | { readonly [key: string]: DTypeDescription };

/**
 * Describes a type as numpy's `descr` does: fields of a structure in order, gaps as fields without
 * a name. Overlapping fields are given by their offsets. `stored` keeps the byte order of fields.
 */
export function describeDType(dtype: DType, stored = false): DTypeDescription {
  if (dtype.kind === "subarray") return [describeDType(dtype.base!, stored), dtype.shape!];
  if (dtype.fields === null) return dtype.name;
  if (isOrdered(dtype)) return describeFields(dtype, stored);
  return {
    names: dtype.fields.map((field) => field.name),
    formats: dtype.fields.map((field) => describeDType(field.dtype, stored)),
    offsets: dtype.fields.map((field) => field.offset),
    itemsize: dtype.itemsize,
  };
}

/** Whether the fields follow one another without overlap, all the way down. */
function isOrdered(dtype: DType): boolean {
  let end = 0;
  for (const field of dtype.fields!) {
    const inner = field.dtype.base ?? field.dtype;
    if (field.offset < end || (inner.fields !== null && !isOrdered(inner))) return false;
    end = field.offset + field.dtype.itemsize;
  }
  return true;
}

function describeFields(dtype: DType, stored: boolean): DTypeDescription[] {
  const list: DTypeDescription[] = [];
  let end = 0;
  for (const field of dtype.fields!) {
    if (field.offset > end) list.push(["", `|V${field.offset - end}`]);
    const inner = field.dtype.base ?? field.dtype;
    const big = stored && field.byteOrder === "big" && inner.word > 1;
    const code = inner.numpy ?? inner.name;
    const entry: DTypeDescription[] = [
      field.title === null ? field.name : [field.title, field.name],
      inner.fields !== null ? describeFields(inner, stored) : big ? `>${code.slice(1)}` : code,
    ];
    if (field.dtype.shape !== null) entry.push(field.dtype.shape);
    list.push(entry);
    end = field.offset + field.dtype.itemsize;
  }
  if (dtype.itemsize > end) list.push(["", `|V${dtype.itemsize - end}`]);
  return list;
}
