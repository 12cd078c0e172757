/**
 * Lossless JSON back to values.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { isHashable, PyDict, PySet } from "../../pickle/dict.ts";
import {
  PyBytes,
  PyExtension,
  pyFloat,
  PyGlobal,
  pyInt,
  PyObject,
  PyPersistent,
  PyTuple,
} from "../../pickle/values.ts";
import type { PyObjectForm, PyValue } from "../../pickle/values.ts";
import { JsonFloat } from "../../text/json.ts";
import type { JsonValue } from "../../text/json.ts";
import { fromBase64 } from "../../text/base64.ts";

/** Makes the value of a tag that this file doesn't know; undefined if it is none. */
export type DecodeForeign = (
  tag: string,
  body: JsonValue,
  decode: (part: JsonValue) => PyValue,
) => PyValue | undefined;

type Fields = ReadonlyMap<string, JsonValue>;

function bad(what: string): StateDictError {
  return new StateDictError("corrupt", `The JSON ${what}`, {
    hint: "docs/json.md tells what each tag means",
  });
}

const FORMS: ReadonlySet<string> = new Set(["reduce", "newobj", "newobj-ex", "instance"]);

/** Tags directly inside one another: a tensor's parts may have parts, and that is all. */
const MAX_TAGS = 100;

/** The value graph of a JSON value; all names in it are reported to `named`. */
export function decodeGraph(
  root: JsonValue,
  foreign: DecodeForeign,
  named: (global: PyGlobal) => void,
): PyValue {
  const byId = new Map<number, PyValue>();
  const work: (() => void)[] = [];

  // Containers wait in the worklist; only tags directly inside one another are decoded at once.
  let depth = 0;
  const decode = (json: JsonValue): PyValue => {
    if (++depth > MAX_TAGS) throw bad(`nests more than ${MAX_TAGS} tags in one another`);
    try {
      return decodeValue(json);
    } finally {
      depth--;
    }
  };
  const decodeValue = (json: JsonValue): PyValue => {
    if (Array.isArray(json)) {
      const list: PyValue[] = [];
      work.push(() => {
        for (const item of json as readonly JsonValue[]) list.push(decode(item));
      });
      return list;
    }
    if (json instanceof Map) return decodeObject(json as Fields);
    if (json instanceof JsonFloat) return pyFloat(json.value);
    return json as PyValue;
  };

  const decodeObject = (fields: Fields): PyValue => {
    const [first] = fields.keys();
    if (first === undefined || !first.startsWith("$")) {
      const dict = new PyDict();
      work.push(() => {
        for (const [key, item] of fields) dict.set(key, decode(item));
      });
      return dict;
    }
    const body = fields.get(first)!;
    if (first === "$ref") {
      const known = byId.get(body as number);
      if (known === undefined) throw bad(`refers to ${String(body)}, which hasn't come yet`);
      return known;
    }
    if (first === "$id") {
      const value = decode(fields.get("$") ?? null);
      byId.set(body as number, value);
      return value;
    }
    return decodeTag(first, body, fields);
  };

  const items = (json: JsonValue): readonly JsonValue[] => {
    if (!Array.isArray(json)) throw bad("has a tag whose value should be a list");
    return json as readonly JsonValue[];
  };
  const dictOf = (json: JsonValue): PyDict => {
    const dict = new PyDict();
    const pairs = items(json);
    work.push(() => {
      for (const pair of pairs) {
        const [key, value] = items(pair);
        if (key === undefined || value === undefined) throw bad("has a dict entry that is no pair");
        dict.set(hashable(decode(key)), decode(value));
      }
    });
    return dict;
  };
  const listOf = (json: JsonValue): PyValue[] => decode([...items(json)]) as PyValue[];

  const decodeTag = (tag: string, body: JsonValue, fields: Fields): PyValue => {
    switch (tag) {
      case "$int":
        return pyInt(bigintOf(body));
      case "$float":
        return floatOf(body);
      case "$bytes":
      case "$bytearray":
        return new PyBytes(tag === "$bytes" ? "bytes" : "bytearray", bytesOf(body));
      case "$buffer":
        return new PyBytes(
          fields.get("readonly") === true ? "readonly-buffer" : "buffer",
          bytesOf(body),
        );
      case "$tuple":
        return new PyTuple(listOf(body));
      case "$set":
      case "$frozenset": {
        const set = new PySet([], tag === "$frozenset");
        const members = items(body);
        work.push(() => set.add(members.map((member) => hashable(decode(member)))));
        return set;
      }
      case "$dict":
        return dictOf(body);
      case "$global":
        return globalOf(body, fields.get("written"));
      case "$ext":
        if (typeof body !== "number" || body <= 0) throw bad("has an extension code that is none");
        return new PyExtension(body);
      case "$persid": {
        const persistent = new PyPersistent(null);
        work.push(() => (persistent as { id: PyValue }).id = decode(body));
        return persistent;
      }
      case "$object":
        return objectOf(body);
    }
    const value = foreign(tag, body, decode);
    if (value === undefined) throw bad(`has the tag ${JSON.stringify(tag)}, which nobody knows`);
    return value;
  };

  const globalOf = (body: JsonValue, written: JsonValue | undefined): PyGlobal => {
    const [module, ...name] = typeof body === "string" ? body.split(":") : [];
    if (module === undefined || name.length !== 1) throw bad("has a name that isn't module:name");
    const global = new PyGlobal(
      module,
      name[0]!,
      typeof written === "string" ? written : undefined,
    );
    named(global);
    return global;
  };

  const objectOf = (body: JsonValue): PyValue => {
    if (!(body instanceof Map)) throw bad("has an object without fields");
    const fields = body as Fields;
    const form = fields.get("form");
    const call = fields.get("call");
    if (typeof form !== "string" || !FORMS.has(form) || call === undefined) {
      throw bad("has an object without a form and a call");
    }
    const object = new PyObject(form as PyObjectForm, null, new PyTuple([]));
    // In the order in which it was written, so that references point back.
    work.push(() => (object as { callee: PyValue }).callee = decode(call));
    (object as { args: PyTuple }).args = new PyTuple(listOf(fields.get("args") ?? []));
    const kwargs = fields.get("kwargs");
    if (kwargs !== undefined) object.kwargs = dictOf(kwargs);
    const states = fields.get("states");
    if (states !== undefined) object.states = listOf(states);
    const added = fields.get("items");
    if (added !== undefined) object.items = listOf(added);
    const entries = fields.get("entries");
    if (entries !== undefined) object.entries = dictOf(entries);
    const setters = fields.get("setters");
    if (setters !== undefined) object.setters = listOf(setters) as PyObject[];
    return object;
  };

  const value = decode(root);
  for (let at = 0; at < work.length; at++) work[at]!();
  return value;
}

function hashable(key: PyValue): PyValue {
  if (!isHashable(key)) throw bad("has a key that Python can't hash");
  return key;
}

function bigintOf(body: JsonValue): bigint {
  if (typeof body !== "string" || !/^-?[0-9]{1,16384}$/.test(body)) {
    throw bad("has an int that is none");
  }
  return BigInt(body);
}

function floatOf(body: JsonValue): number {
  if (body === "nan") return NaN;
  if (body === "inf") return Infinity;
  if (body === "-inf") return -Infinity;
  throw bad("has a float that is none of nan, inf and -inf");
}

function bytesOf(body: JsonValue): Uint8Array<ArrayBuffer> {
  const bytes = typeof body === "string" ? fromBase64(body) : undefined;
  if (!bytes) throw bad("has bytes that are no base64");
  return bytes;
}
