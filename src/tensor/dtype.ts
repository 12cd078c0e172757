/**
 * The element types, as one table: what PyTorch, safetensors and numpy can store.
 *
 * @module
 */

import { FLOAT_FORMATS } from "./float_format.ts";
import type { FloatFormat } from "./float_format.ts";

/** What an element is. `bits` are torch's raw bits; `void` is numpy's raw bytes. */
export type DTypeKind =
  | "float"
  | "complex"
  | "int"
  | "uint"
  | "bool"
  | "bits"
  | "quantized"
  | "bytes"
  | "str"
  | "void"
  | "datetime"
  | "timedelta"
  | "object"
  | "struct"
  | "subarray";

/** Which end of a number comes first. */
export type ByteOrder = "little" | "big";

/** An element type. Compare with {@linkcode sameDType}: only those of the table are one object. */
export interface DType {
  /** `float32`, `|S4`, `datetime64[ns]`; of a structured type its description as JSON. */
  readonly name: string;
  /** What an element is. */
  readonly kind: DTypeKind;
  /** Bits of an element. */
  readonly bits: number;
  /** Bytes of an element: a fraction if several share a byte. */
  readonly itemsize: number;
  /** Bytes that change places together in a big-endian file: half of a complex number, a character. */
  readonly word: number;
  /** Values packed into one element: 2 for `float4_e2m1fn_x2`. */
  readonly lanes: number;
  /** The layout of a float of 16 bits or less. */
  readonly format: FloatFormat | null;
  /** numpy's code of the little-endian form, `<f4`; null where numpy has no such type. */
  readonly numpy: string | null;
  /** The name PyTorch has for the same type, where safetensors has another. */
  readonly twin: string | null;
  /** Fields of a structured type. */
  readonly fields: readonly Field[] | null;
  /** What a subarray repeats. */
  readonly base: DType | null;
  /** How often a subarray repeats it. */
  readonly shape: readonly number[] | null;
  /** Whether Python objects are inside: such elements have no bytes. */
  readonly objects: boolean;
  /** Whether some field is stored big-endian. */
  readonly bigFields: boolean;
  /** Elementary fields in all, and how deep they lie: both are limited where types are made. */
  readonly leaves: number;
  /** Levels of structure. */
  readonly depth: number;
}

/** A field of a structured type. */
export interface Field {
  /** Its name. */
  readonly name: string;
  /** Its second name, if any. */
  readonly title: string | null;
  /** Its type. */
  readonly dtype: DType;
  /** Bytes from the element's start. */
  readonly offset: number;
  /** How it is stored; a structured field's own fields say it for themselves. */
  readonly byteOrder: ByteOrder;
}

/** Fills in what a type doesn't say. */
export function makeDType(
  given: Pick<DType, "name" | "kind" | "bits" | "word"> & Partial<DType>,
): DType {
  return {
    name: given.name,
    kind: given.kind,
    bits: given.bits,
    itemsize: given.bits / 8,
    word: given.word,
    lanes: given.lanes ?? 1,
    format: given.format ?? null,
    numpy: given.numpy ?? null,
    twin: given.twin ?? null,
    fields: given.fields ?? null,
    base: given.base ?? null,
    shape: given.shape ?? null,
    objects: given.objects ?? false,
    bigFields: given.bigFields ?? false,
    leaves: given.leaves ?? 1,
    depth: given.depth ?? 0,
  };
}

type Row = [name: string, kind: DTypeKind, bits: number, word: number, numpy?: string];

/** PyTorch's types and numpy's plain ones. */
const ROWS: readonly Row[] = [
  ["float64", "float", 64, 8, "<f8"],
  ["float32", "float", 32, 4, "<f4"],
  ["float16", "float", 16, 2, "<f2"],
  ["bfloat16", "float", 16, 2],
  ["float8_e4m3fn", "float", 8, 1],
  ["float8_e5m2", "float", 8, 1],
  ["float8_e4m3fnuz", "float", 8, 1],
  ["float8_e5m2fnuz", "float", 8, 1],
  ["float8_e8m0fnu", "float", 8, 1],
  ["float4_e2m1fn_x2", "float", 8, 1],
  ["float128", "float", 128, 16, "<f16"],
  ["complex128", "complex", 128, 8, "<c16"],
  ["complex64", "complex", 64, 4, "<c8"],
  ["complex32", "complex", 32, 2],
  ["complex256", "complex", 256, 16, "<c32"],
  ["int64", "int", 64, 8, "<i8"],
  ["int32", "int", 32, 4, "<i4"],
  ["int16", "int", 16, 2, "<i2"],
  ["int8", "int", 8, 1, "|i1"],
  ["uint64", "uint", 64, 8, "<u8"],
  ["uint32", "uint", 32, 4, "<u4"],
  ["uint16", "uint", 16, 2, "<u2"],
  ["uint8", "uint", 8, 1, "|u1"],
  ["bool", "bool", 8, 1, "|b1"],
  ["qint8", "quantized", 8, 1],
  ["quint8", "quantized", 8, 1],
  ["qint32", "quantized", 32, 4],
  ["quint4x2", "quantized", 4, 1],
  ["quint2x4", "quantized", 2, 1],
  ["bits8", "bits", 8, 1],
  ["bits16", "bits", 16, 2],
  ["bits1x8", "bits", 8, 1],
  ["bits2x4", "bits", 8, 1],
  ["bits4x2", "bits", 8, 1],
];

/** Types that only safetensors names so: name, bits, layout, PyTorch's name. */
const SAFETENSORS_ROWS: readonly [name: string, bits: number, format: string, twin: boolean][] = [
  ["F8_E4M3", 8, "float8_e4m3fn", true],
  ["F8_E5M2", 8, "float8_e5m2", true],
  ["F8_E4M3FNUZ", 8, "float8_e4m3fnuz", true],
  ["F8_E5M2FNUZ", 8, "float8_e5m2fnuz", true],
  ["F8_E8M0", 8, "float8_e8m0fnu", true],
  ["F6_E2M3", 6, "float6_e2m3", false],
  ["F6_E3M2", 6, "float6_e3m2", false],
  ["F4", 4, "float4_e2m1", false],
];

function buildTable(): Map<string, DType> {
  const table = new Map<string, DType>();
  for (const [name, kind, bits, word, numpy] of ROWS) {
    const lanes = name === "float4_e2m1fn_x2" ? 2 : 1;
    const format = FLOAT_FORMATS.get(lanes === 2 ? "float4_e2m1" : name) ?? null;
    table.set(name, makeDType({ name, kind, bits, word, numpy: numpy ?? null, lanes, format }));
  }
  for (const [name, bits, layout, twin] of SAFETENSORS_ROWS) {
    const format = FLOAT_FORMATS.get(layout)!;
    table.set(
      name,
      makeDType({ name, kind: "float", bits, word: 1, format, twin: twin ? layout : null }),
    );
  }
  table.set(
    "object",
    makeDType({ name: "object", kind: "object", bits: 64, word: 1, numpy: "|O", objects: true }),
  );
  // numpy's variable-width strings: 16 bytes in memory, a list of str in every file.
  table.set(
    "StringDType",
    makeDType({ name: "StringDType", kind: "object", bits: 128, word: 1, objects: true }),
  );
  return table;
}

/** Every type that a name alone tells, by its name. */
export const DTYPES: ReadonlyMap<string, DType> = /* @__PURE__ */ buildTable();

/** The type of that name, or undefined: numpy's sized types are made by `numpyDType`. */
export function dtypeByName(name: string): DType | undefined {
  return DTYPES.get(name);
}

/** Whether two types are the same, also if safetensors and PyTorch name it differently. */
export function sameDType(a: DType, b: DType): boolean {
  return a === b || (a.twin ?? a.name) === (b.twin ?? b.name);
}

/** Whether elements are real numbers, or stand for them. */
export function isReal(dtype: DType): boolean {
  return REAL.has(dtype.kind);
}

/** Whether elements are what JSON has: numbers, bools and text, or pairs of numbers. */
export function isJsonKind(dtype: DType): boolean {
  return isReal(dtype) || JSON_KINDS.has(dtype.kind);
}

/** Times are whole numbers of their unit. */
const JSON_KINDS: ReadonlySet<DTypeKind> = new Set(["complex", "str", "datetime", "timedelta"]);

const REAL: ReadonlySet<DTypeKind> = new Set(["float", "int", "uint", "bool", "quantized"]);

/** The type of a complex number's halves; null for other types. */
export function halfOf(dtype: DType): DType | null {
  return COMPLEX_HALVES.get(dtype.name) ?? null;
}

const COMPLEX_HALVES: ReadonlyMap<string, DType> = new Map([
  ["complex128", DTYPES.get("float64")!],
  ["complex64", DTYPES.get("float32")!],
  ["complex32", DTYPES.get("float16")!],
  ["complex256", DTYPES.get("float128")!],
]);
