/**
 * Values that have no parts, in JSON: JSON's own where it can say them, else an object with one
 * `$`-tag. The same spelling serves `inspect --json` and the lossless JSON form.
 *
 * @module
 */

import { JsonFloat } from "../text/json.ts";
import type { JsonValue } from "../text/json.ts";
import { PyDict, PySet } from "./dict.ts";
import { objectClass } from "./state.ts";
import {
  PyBytes,
  PyExtension,
  PyFloat,
  PyGlobal,
  PyObject,
  PyPersistent,
  PyTuple,
} from "./values.ts";
import type { PyValue } from "./values.ts";
import { PyLeaf } from "./view.ts";

/** An int: beyond ±(2^53-1) as text, since JSON readers would round it. */
export function numberJson(value: number | bigint): JsonValue {
  return typeof value === "bigint" ? String(value) : value;
}

/** A float: with a point or an exponent, and the words `nan`, `inf`, `-inf` under a tag. */
export function floatJson(value: number): JsonValue {
  if (Number.isFinite(value)) return new JsonFloat(value);
  return new Map([["$float", Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"]]);
}

/** Two hex digits a byte. */
export function hexText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

const tag = (name: string, value: JsonValue): JsonValue => new Map([[name, value]]);

/**
 * The JSON of a value without parts, or undefined for one that has parts. Members of sets are
 * written in place. `reduce` tells what a call node stands for.
 */
export function leafJson(
  value: PyValue,
  reduce: (value: PyValue) => PyValue = (same) => same,
): JsonValue | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    return Number.isInteger(value) ? value : floatJson(value);
  }
  if (typeof value === "bigint") return String(value);
  if (value instanceof PyFloat) return floatJson(value.value);
  if (value instanceof PyLeaf) {
    return new Map<string, JsonValue>([[value.tag, value.json], ...value.more ?? []]);
  }
  if (value instanceof PyGlobal) return tag("$global", value.fullName);
  if (value instanceof PyExtension) return tag("$ext", value.code);
  if (value instanceof PyBytes) return bytesJson(value);
  if (value instanceof PySet) {
    const below = { left: MOST_BELOW };
    const members = value.values().map((member) => memberJson(member, reduce, 0, below));
    return tag(value.frozen ? "$frozenset" : "$set", members);
  }
  if (value instanceof PyPersistent) return tag("$persid", memberJson(value.id, reduce));
  return undefined;
}

function bytesJson(value: PyBytes): JsonValue | undefined {
  if (!value.data) return undefined;
  const hex = hexText(value.data);
  if (value.kind === "bytes" || value.kind === "bytearray") return tag(`$${value.kind}`, hex);
  return new Map<string, JsonValue>([
    ["$buffer", hex],
    ["readonly", value.kind === "readonly-buffer"],
  ]);
}

/** Depth to which values inside a set or an id are spelled out; Python's own hashing allows few. */
const MEMBER_DEPTH = 32;

/**
 * Values that are spelled out below the members of one leaf: a tuple that holds another twice, which
 * holds another twice, would else be 2^32 of them.
 */
const MOST_BELOW = 2 ** 17;

/** A value inside a leaf: a set's member, a persistent id. */
export function memberJson(
  value: PyValue,
  reduce: (value: PyValue) => PyValue,
  depth = 0,
  below: { left: number } = { left: MOST_BELOW },
): JsonValue {
  const reduced = reduce(value);
  if (depth > 0 && below.left-- <= 0) return tag("$deep", depth);
  if (typeof reduced === "bigint") return tag("$int", String(reduced));
  if (reduced instanceof PyTuple && depth < MEMBER_DEPTH) {
    return tag("$tuple", reduced.items.map((item) => memberJson(item, reduce, depth + 1, below)));
  }
  if (reduced instanceof PySet && depth < MEMBER_DEPTH) {
    const members = reduced.values().map((item) => memberJson(item, reduce, depth + 1, below));
    return tag(reduced.frozen ? "$frozenset" : "$set", members);
  }
  if (Array.isArray(reduced) && depth < MEMBER_DEPTH) {
    return tag("$list", reduced.map((item) => memberJson(item, reduce, depth + 1, below)));
  }
  if (reduced instanceof PyDict && depth < MEMBER_DEPTH) {
    const pairs = [...reduced].map((pair) =>
      pair.map((item) => memberJson(item, reduce, depth + 1, below))
    );
    return tag("$dict", pairs);
  }
  if (hasMembers(reduced)) return tag("$deep", depth);
  const leaf = leafJson(reduced, reduce);
  if (leaf !== undefined) return leaf;
  return tag("$object", reduced instanceof PyObject ? objectClass(reduced).name : "?");
}

function hasMembers(value: PyValue): boolean {
  return Array.isArray(value) || value instanceof PyTuple || value instanceof PySet ||
    value instanceof PyDict;
}
