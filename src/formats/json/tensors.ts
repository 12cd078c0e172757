/**
 * Tensors in lossless JSON: descriptors in the tree, their storages beside it.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import type { PyForeign, PyValue } from "../../pickle/values.ts";
import { PyFloat } from "../../pickle/values.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import { describeDType } from "../../tensor/numpy_dtype.ts";
import { bytesStorage } from "../../tensor/memory.ts";
import type { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { TensorLayout } from "../../tensor/tensor.ts";
import { JsonFloat } from "../../text/json.ts";
import type { JsonValue } from "../../text/json.ts";
import { dtypeOfDescr } from "../numpy/descr.ts";
import { LiteralTuple } from "../numpy/literal.ts";
import type { Literal } from "../numpy/literal.ts";
import { TorchStorage } from "../torch/storages.ts";
import { fromBase64 } from "../../text/base64.ts";

type Fields = ReadonlyMap<string, JsonValue>;

/** Numbers the storages of a tree in the order of their first use. */
export class StorageList {
  /** The storages: the place is the number. */
  readonly storages: Storage[] = [];
  private readonly numbers = new Map<Storage, number>();

  /** The number of a storage. */
  number(storage: Storage): number {
    let number = this.numbers.get(storage);
    if (number === undefined) {
      this.numbers.set(storage, number = this.storages.length);
      this.storages.push(storage);
    }
    return number;
  }
}

/** The `$tensor` of a tensor; facts that are as usual are left out. */
export function encodeTensor(
  value: PyForeign,
  encode: (part: PyValue) => JsonValue,
  storages: StorageList,
): JsonValue {
  if (!(value instanceof Tensor)) {
    throw new StateDictError("unsupported", "A value of another format has no JSON form");
  }
  const fields = new Map<string, JsonValue>([
    ["dtype", dtypeJson(value.dtype)],
    ["shape", [...value.shape]],
  ]);
  if (!value.isComposite) fields.set("stride", [...value.stride]);
  if (value.storage) {
    fields.set("offset", value.offset).set("storage", storages.number(value.storage));
  }
  if (value.layout !== "strided") fields.set("layout", value.layout);
  for (const flag of ["parameter", "requiresGrad", "conj", "neg"] as const) {
    if (value[flag]) fields.set(flag, true);
  }
  const device = value.device ?? value.storage?.device ?? null;
  if (device !== null && device !== "cpu") fields.set("device", device);
  if (value.className !== null) fields.set("class", value.className);
  if (value.state !== undefined) fields.set("state", encode(value.state));
  if (value.elements) fields.set("elements", encode(value.elements));
  if (value.details) fields.set("details", encode(new PyDict([...value.details].flat())));
  if (value.parts) {
    fields.set("parts", new Map([...value.parts].map(([name, part]) => [name, encode(part)])));
  }
  return new Map([["$tensor", fields]]);
}

/** The values that hang on a tensor: they may hold one another, and the tensor. */
export function* tensorValues(value: PyForeign): Generator<PyValue> {
  if (!(value instanceof Tensor)) return;
  if (value.state !== undefined) yield value.state;
  if (value.elements) yield value.elements;
  if (value.details) yield* value.details.values();
  if (value.parts) yield* value.parts.values();
}

/** The `$storage` of a storage that was saved by itself. */
export function encodeStorage(value: TorchStorage, storages: StorageList): JsonValue {
  const { storage, dtype, location, numel } = value;
  const fields = { storage: storages.number(storage), dtype, location, numel };
  return new Map([["$storage", new Map(Object.entries(fields))]]);
}

/** The storage of a `$storage`. */
export function decodeStorage(body: JsonValue, storages: readonly Storage[]): TorchStorage {
  const fields = body instanceof Map ? body as Fields : new Map<string, JsonValue>();
  const storage = storages[fields.get("storage") as number];
  const [dtype, location, numel] = ["dtype", "location", "numel"].map((key) => fields.get(key));
  if (!storage || typeof dtype !== "string" || typeof numel !== "number") {
    throw bad("is a storage that isn't there");
  }
  return new TorchStorage(storage, dtype, String(location ?? "cpu"), numel);
}

function bad(what: string): StateDictError {
  return new StateDictError("corrupt", `A tensor of the JSON ${what}`);
}

/** The storages of the `storages` list. */
export function decodeStorages(json: JsonValue | undefined): Storage[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) throw bad("has no list of storages");
  return (json as readonly JsonValue[]).map((text, i) => {
    const bytes = typeof text === "string" ? fromBase64(text) : undefined;
    if (!bytes) throw bad(`has a storage ${i} that is no base64`);
    return bytesStorage(bytes, String(i));
  });
}

/** The tensor of a `$tensor`. */
export function decodeTensor(
  body: JsonValue,
  decode: (part: JsonValue) => PyValue,
  storages: readonly Storage[],
): Tensor {
  if (!(body instanceof Map)) throw bad("has no fields");
  const fields = body as Fields;
  const parts = fields.get("parts");
  const details = fields.get("details");
  const elements = fields.get("elements");
  const number = fields.get("storage");
  const storage = number === undefined ? null : storages[number as number];
  if (storage === undefined) throw bad(`names storage ${String(number)}, which isn't there`);
  const stride = fields.get("stride");
  const tensor = new Tensor({
    dtype: dtypeOf(fields.get("dtype")),
    shape: integers(fields.get("shape")),
    offset: Number(fields.get("offset") ?? 0),
    storage,
    layout: (fields.get("layout") ?? "strided") as TensorLayout,
    ...(stride === undefined ? {} : { stride: integers(stride) }),
    ...(parts instanceof Map ? { parts: partsOf(parts, decode) } : {}),
    ...(details instanceof Map ? { details: detailsOf(details) } : {}),
    ...(elements === undefined ? {} : { elements: decode(elements) as PyValue[] }),
  });
  for (const flag of ["parameter", "requiresGrad", "conj", "neg"] as const) {
    tensor[flag] = fields.get(flag) === true;
  }
  const device = fields.get("device");
  if (typeof device === "string") tensor.device = device;
  const className = fields.get("class");
  if (typeof className === "string") tensor.className = className;
  const state = fields.get("state");
  if (state !== undefined) tensor.state = decode(state);
  return tensor;
}

function partsOf(parts: Fields, decode: (part: JsonValue) => PyValue): Map<string, Tensor> {
  const made = new Map<string, Tensor>();
  for (const [name, json] of parts) {
    const part = decode(json);
    if (!(part instanceof Tensor)) throw bad("has a part that is no tensor");
    made.set(name, part);
  }
  return made;
}

/** Facts of a layout are numbers and words, so they need no worklist. */
function detailsOf(details: Fields): Map<string, PyValue> {
  const made = new Map<string, PyValue>();
  for (const [key, value] of details) {
    if (value instanceof JsonFloat) {
      made.set(key, Number.isInteger(value.value) ? new PyFloat(value.value) : value.value);
    } else made.set(key, Array.isArray(value) ? value.map(String) : value as PyValue);
  }
  return made;
}

/** A name, or numpy's description: a code, or a list of fields as their bytes lie. */
function dtypeJson(dtype: DType): JsonValue {
  if (dtypeByName(dtype.name)) return dtype.name;
  return dtype.fields === null ? dtype.numpy ?? dtype.name : describeDType(dtype, true);
}

function dtypeOf(json: JsonValue | undefined): DType {
  const plain = typeof json === "string" ? dtypeByName(json) : undefined;
  return plain ?? dtypeOfDescr(descrOf(json, 0)).dtype;
}

/** Fields may nest; real ones do so two or three deep. */
const MAX_NESTING = 32;

/** The description as an npy header has it: fields, their titles and their sizes are tuples there. */
function descrOf(json: JsonValue | undefined, depth: number): Literal {
  if (typeof json === "string") return json;
  if (!Array.isArray(json) || depth > MAX_NESTING) throw bad("has no dtype");
  return (json as readonly JsonValue[]).map((field) => {
    if (!Array.isArray(field)) throw bad("has a dtype with a field that is no list");
    const [name, type, ...sizes] = field as readonly JsonValue[];
    const title = Array.isArray(name) ? new LiteralTuple(name.map(String)) : String(name);
    const shape = sizes.map((size) => new LiteralTuple(integers(size).map(BigInt)));
    return new LiteralTuple([title, descrOf(type, depth + 1), ...shape]);
  });
}

function integers(json: JsonValue | undefined): number[] {
  const list = Array.isArray(json) ? json as readonly JsonValue[] : [];
  // A size beyond 2^53 can only be beside one that is 0.
  const isSize = (one: JsonValue) => typeof one === "number" || typeof one === "bigint";
  if (!Array.isArray(json) || !list.every(isSize)) throw bad("has no list of sizes");
  return list.map(Number);
}
