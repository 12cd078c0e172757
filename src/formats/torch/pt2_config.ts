/**
 * The lists of tensors in a `.pt2` archive: JSON that says of each which record it lies in, and how.
 *
 * Source: `torch/_export/serde/schema.py` of 2.13.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { JsonValue } from "../../text/json.ts";
import { parseJson } from "../../text/json_parse.ts";
import { quoted } from "../../text/quoted.ts";

/** `ScalarType` of the schema. Its numbers are its own, not those of torch's C++ code. */
const SCALAR_TYPES: ReadonlyMap<JsonValue, string> = new Map<JsonValue, string>([
  [1, "uint8"],
  [2, "int8"],
  [3, "int16"],
  [4, "int32"],
  [5, "int64"],
  [6, "float16"],
  [7, "float32"],
  [8, "float64"],
  [9, "complex32"],
  [10, "complex64"],
  [11, "complex128"],
  [12, "bool"],
  [13, "bfloat16"],
  [28, "uint16"],
  [29, "float8_e4m3fn"],
  [30, "float8_e5m2"],
  [31, "float8_e4m3fnuz"],
  [32, "float8_e5m2fnuz"],
  [33, "float8_e8m0fnu"],
  [34, "uint32"],
  [35, "uint64"],
]);

/** `Layout.Strided` of the schema; raw bytes can have no other. */
const STRIDED = 7;

/** A tensor, or another value, of an archive. */
export interface Payload {
  /** Its name in the program. */
  readonly name: string;
  /** Its record, in the folder of the list. */
  readonly path: string;
  /** Whether it is an `nn.Parameter`. */
  readonly parameter: boolean;
  /** How its raw bytes make a tensor; null if the record is a file of `torch.save` or a pickle. */
  readonly meta: PayloadTensor | null;
}

/** A tensor over raw bytes. */
export interface PayloadTensor {
  /** Its dtype. */
  readonly dtype: DType;
  /** Its sizes. */
  readonly shape: readonly number[];
  /** Its strides. */
  readonly stride: readonly number[];
  /** Its first element. */
  readonly offset: number;
  /** torch's `requires_grad`. */
  readonly requiresGrad: boolean;
}

/** Reads a list. @throws `corrupt` for one of another form. */
export function parsePayloads(text: string): Payload[] {
  const config = field(parseJson(text), "config");
  if (!(config instanceof Map)) throw corrupt("The list of tensors has no config");
  return [...config as ReadonlyMap<string, JsonValue>].map(([name, entry]) =>
    payloadOf(name, entry)
  );
}

function corrupt(message: string): StateDictError {
  return new StateDictError("corrupt", message);
}

function field(json: JsonValue | undefined, name: string): JsonValue | undefined {
  return json instanceof Map ? json.get(name) as JsonValue | undefined : undefined;
}

function payloadOf(name: string, entry: JsonValue): Payload {
  const path = field(entry, "path_name");
  if (typeof path !== "string") throw corrupt(`${quoted(name)} has no record`);
  const raw = field(entry, "use_pickle") === false;
  return {
    name,
    path,
    parameter: field(entry, "is_param") === true,
    meta: raw ? tensorOf(name, field(entry, "tensor_meta")) : null,
  };
}

function tensorOf(name: string, meta: JsonValue | undefined): PayloadTensor {
  const word = SCALAR_TYPES.get(field(meta, "dtype") ?? null);
  const dtype = word === undefined ? undefined : dtypeByName(word);
  if (!dtype) throw corrupt(`${quoted(name)} has no dtype that is known`);
  if (field(meta, "layout") !== STRIDED) throw corrupt(`${quoted(name)} has no strided layout`);
  return {
    dtype,
    shape: intsOf(name, field(meta, "sizes"), "sizes"),
    stride: intsOf(name, field(meta, "strides"), "strides"),
    offset: intOf(name, field(meta, "storage_offset"), "offset"),
    requiresGrad: field(meta, "requires_grad") === true,
  };
}

function intsOf(name: string, list: JsonValue | undefined, what: string): number[] {
  if (!Array.isArray(list)) throw corrupt(`${quoted(name)} has no ${what}`);
  return list.map((item: JsonValue) => intOf(name, item, what));
}

/** `{"as_int": n}`; a size that is an expression is never one of stored bytes. */
function intOf(name: string, json: JsonValue | undefined, what: string): number {
  const int = field(json, "as_int");
  if (typeof int === "number" && Number.isInteger(int)) return int;
  throw corrupt(`${quoted(name)} has no plain number as ${what}`);
}
