/**
 * Values as lossless JSON: plain data stays plain, everything else is an object with one `$`-tag.
 * The scheme is told in `docs/json.md`.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict, PySet } from "../../pickle/dict.ts";
import {
  PyBytes,
  PyExtension,
  PyFloat,
  PyForeign,
  PyGlobal,
  PyObject,
  PyPersistent,
  PyTuple,
} from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { loadBytes } from "../../pickle/spans.ts";
import { JsonFloat } from "../../text/json.ts";
import type { JsonValue } from "../../text/json.ts";
import { toBase64 } from "../../text/base64.ts";

/** A JSON object that is being filled. */
type Fields = Map<string, JsonValue>;

/** What stands for a value of a room above, with the parts that are values themselves. */
export type EncodeForeign = (value: PyForeign, encode: (part: PyValue) => JsonValue) => JsonValue;

/** What is written in the place of a call node or an id; the node itself if nothing is. */
export type Substitute = (node: PyObject | PyPersistent) => PyValue;

/** The values that hang on a value of a room above. */
export type ForeignParts = (value: PyForeign) => Iterable<PyValue>;

/** The JSON of a value graph. Shared objects are written once and referred to by number. */
export function encodeGraph(
  root: PyValue,
  foreign: EncodeForeign,
  substitute: Substitute,
  foreignParts: ForeignParts,
): JsonValue {
  const shared = countShared(root, substitute, foreignParts);
  const numbers = new Map<PyValue, number>();
  const work: (() => void)[] = [];

  const encode = (given: PyValue): JsonValue => {
    const value = isNode(given) ? substitute(given) : given;
    const scalar = encodeScalar(value);
    if (scalar !== undefined) return scalar;
    const known = numbers.get(value);
    if (known !== undefined) return new Map([["$ref", known]]);
    if (!shared.has(value)) return encodeParts(value, encode, foreign, work);
    const id = numbers.size + 1;
    numbers.set(value, id);
    return new Map([["$id", id], ["$", encodeParts(value, encode, foreign, work)]]);
  };
  const json = encode(root);
  // Containers are filled here, not inside one another: depth costs no stack.
  for (let at = 0; at < work.length; at++) work[at]!();
  return json;
}

function encodeScalar(value: PyValue): JsonValue | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isInteger(value) ? value : encodeFloat(value);
  if (typeof value === "bigint") return tag("$int", String(value));
  if (value instanceof PyFloat) return encodeFloat(value.value);
  if (value instanceof PyGlobal) {
    const written = value.written === value.fullName ? [] : [["written", value.written] as const];
    return new Map([["$global", `${value.module}:${value.name}`], ...written]);
  }
  if (value instanceof PyExtension) return tag("$ext", value.code);
  if (value instanceof PyTuple && value.items.length === 0) return tag("$tuple", []);
  if (value instanceof PyBytes && value.kind === "bytes") return encodeBytes(value);
  return undefined;
}

/** What {@linkcode encodeScalar} says at once. */
function isLeaf(value: PyValue & object): boolean {
  return value instanceof PyFloat || value instanceof PyGlobal || value instanceof PyExtension ||
    (value instanceof PyTuple && value.items.length === 0) ||
    (value instanceof PyBytes && value.kind === "bytes");
}

function encodeFloat(value: number): JsonValue {
  if (Number.isFinite(value)) return new JsonFloat(value);
  return tag("$float", Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

const tag = (name: string, value: JsonValue): JsonValue => new Map([[name, value]]);

function encodeBytes(value: PyBytes): JsonValue {
  if (!value.data) {
    throw new StateDictError("not-loaded", `${value.length} bytes are still in the file`);
  }
  const text = toBase64(value.data);
  if (value.kind === "bytes" || value.kind === "bytearray") return tag(`$${value.kind}`, text);
  return new Map<string, JsonValue>([["$buffer", text], [
    "readonly",
    value.kind === "readonly-buffer",
  ]]);
}

type Encode = (value: PyValue) => JsonValue;

function encodeParts(
  value: PyValue,
  encode: Encode,
  foreign: EncodeForeign,
  work: (() => void)[],
): JsonValue {
  const list = (items: Iterable<PyValue>): JsonValue[] => {
    const filled: JsonValue[] = [];
    work.push(() => {
      for (const item of items) filled.push(encode(item));
    });
    return filled;
  };
  const pairs = (dict: PyDict): JsonValue[] => {
    const filled: JsonValue[] = [];
    work.push(() => {
      for (const [key, item] of dict) filled.push([encode(key), encode(item)]);
    });
    return filled;
  };
  if (Array.isArray(value)) return list(value);
  if (value instanceof PyTuple) return tag("$tuple", list(value.items));
  if (value instanceof PySet) {
    return tag(value.frozen ? "$frozenset" : "$set", list(value.values()));
  }
  if (value instanceof PyBytes) return encodeBytes(value);
  if (value instanceof PyPersistent) {
    const fields: Fields = new Map();
    work.push(() => fields.set("$persid", encode(value.id)));
    return fields;
  }
  if (value instanceof PyDict) {
    if (!isPlainDict(value)) return tag("$dict", pairs(value));
    const fields: Fields = new Map();
    work.push(() => {
      for (const [key, item] of value) fields.set(key as string, encode(item));
    });
    return fields;
  }
  if (value instanceof PyObject) {
    const fields: Fields = new Map<string, JsonValue>([["form", value.form]]);
    work.push(() => fields.set("call", encode(value.callee)));
    fields.set("args", list(value.args.items));
    if (value.kwargs) fields.set("kwargs", pairs(value.kwargs));
    if (value.states) fields.set("states", list(value.states));
    if (value.items) fields.set("items", list(value.items));
    if (value.entries) fields.set("entries", pairs(value.entries));
    if (value.setters) fields.set("setters", list(value.setters));
    return tag("$object", fields);
  }
  return foreign(value as PyForeign, encode);
}

/** Whether a dict is a JSON object as it stands: text keys, none of which looks like a tag. */
function isPlainDict(dict: PyDict): boolean {
  const flat = dict.pairs();
  for (let i = 0; i < flat.length; i += 2) {
    const key = flat[i];
    if (typeof key !== "string" || key.startsWith("$")) return false;
  }
  return true;
}

function isNode(value: PyValue): value is PyObject | PyPersistent {
  return value instanceof PyObject || value instanceof PyPersistent;
}

/** Reads the byte strings that still lie in the file: JSON has them in its text. */
export async function loadAllBytes(
  root: PyValue,
  substitute: Substitute,
  foreignParts: ForeignParts,
  signal?: AbortSignal,
): Promise<void> {
  const waiting: PyBytes[] = [];
  countShared(root, substitute, foreignParts, (value) => {
    if (value instanceof PyBytes && !value.data) waiting.push(value);
  });
  for (const bytes of waiting) bytes.data = (await loadBytes(bytes, signal)).data;
}

/** Everything with parts that is reached more than once. */
function countShared(
  root: PyValue,
  substitute: Substitute,
  foreignParts: ForeignParts,
  visit?: (value: PyValue) => void,
): Set<PyValue> {
  const seen = new Set<PyValue>();
  const shared = new Set<PyValue>();
  const work: PyValue[] = [root];
  for (let given = work.pop(); given !== undefined; given = work.pop()) {
    const value = isNode(given) ? substitute(given) : given;
    visit?.(value);
    if (typeof value !== "object" || value === null || isLeaf(value)) continue;
    if (seen.has(value)) {
      shared.add(value);
      continue;
    }
    seen.add(value);
    const parts = value instanceof PyForeign ? foreignParts(value) : directParts(value);
    for (const part of parts) work.push(part);
  }
  return shared;
}

function* directParts(value: PyValue): Generator<PyValue> {
  if (Array.isArray(value)) yield* value;
  else if (value instanceof PyTuple) yield* value.items;
  else if (value instanceof PySet) yield* value.values();
  else if (value instanceof PyDict) yield* value.pairs();
  else if (value instanceof PyPersistent) yield value.id;
  else if (value instanceof PyObject) {
    yield value.callee;
    yield value.args;
    if (value.kwargs) yield* value.kwargs.pairs();
    yield* value.states ?? [];
    yield* value.items ?? [];
    if (value.entries) yield* value.entries.pairs();
    yield* value.setters ?? [];
  }
}
