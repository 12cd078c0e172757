/**
 * The leaves of a value tree as `inspect --json` prints them.
 *
 * @module
 */

import { partsOf } from "../checkpoint/parts.ts";
import type { OutlineEntry } from "../checkpoint/outline.ts";
import { bytesChunks, loadBytes } from "../pickle/spans.ts";
import { PyBytes, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { leafJson } from "../pickle/tagged.ts";
import { PyView } from "../pickle/view.ts";
import { sha256Hex } from "../tensor/hash.ts";
import type { JsonValue } from "../text/json.ts";
import type { DocumentOptions } from "./document_tensor.ts";

/** Text and bytes longer than this are told by their size and digest. */
const LONGEST = 1500;

/** Path to JSON value, of every leaf among the entries. */
export async function describeValues(
  entries: Iterable<OutlineEntry>,
  reduce: (value: PyValue) => PyValue,
  options: DocumentOptions = {},
): Promise<Map<string, JsonValue>> {
  const values = new Map<string, JsonValue>();
  for (const entry of entries) {
    if (entry.kind === "leaf") {
      const json = await leafValue(entry.value, reduce, options);
      if (json !== undefined) values.set(entry.path, json);
    } else if (entry.kind === "ref") values.set(entry.path, new Map([["$ref", entry.target]]));
    else if (entry.kind === "empty") values.set(entry.path, emptyValue(entry.value, entry.label));
  }
  return values;
}

async function leafValue(
  value: PyValue,
  reduce: (value: PyValue) => PyValue,
  options: DocumentOptions,
): Promise<JsonValue | undefined> {
  if (typeof value === "string" && value.length > LONGEST) {
    const utf8 = encodeWtf8(value);
    return tagged("$str", { utf8_bytes: utf8.length, sha256: await sha256Hex([utf8]) });
  }
  if (value instanceof PyBytes && value.length > LONGEST) {
    const { kind, length } = value;
    // Bytes that were left in the file are read only for those who want digests.
    if (!value.data && !options.sha256) return tagged(`$${kind}`, { bytes: length });
    const sha256 = await sha256Hex(bytesChunks(value, options.signal));
    return tagged(`$${kind}`, { bytes: length, sha256 });
  }
  if (value instanceof PyBytes) return leafJson(await loadBytes(value, options.signal), reduce);
  return leafJson(value, reduce);
}

const tagged = (tag: string, value: JsonValue): JsonValue => new Map([[tag, value]]);

/** An empty container: its kind is all that there is to say. */
function emptyValue(value: PyValue, label: string): JsonValue {
  if (Array.isArray(value)) return [];
  if (value instanceof PyTuple) return tagged("$tuple", []);
  if (label === "dict") return {};
  if (value instanceof PyView && value.shape === "list") return tagged("$deque", []);
  if (value instanceof PyView && value.shape === "dict") return tagged("$dict", label);
  return tagged("$object", label);
}

/** UTF-8 in which a lone surrogate keeps its three bytes, as Python's `surrogatepass` has it. */
function encodeWtf8(text: string): Uint8Array {
  const encoder = new TextEncoder();
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0xd800 || code > 0xdfff) {
      for (const byte of encoder.encode(character)) bytes.push(byte);
    } else bytes.push(0xe0 | code >> 12, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f);
  }
  return Uint8Array.from(bytes);
}

/** Levels down to which containers are named: each path is as long as those above it together. */
const KINDS_DEPTH = 1000;

/**
 * What each container is, by path, and how many lie too deep to be named; the root of a mere listing
 * is nothing of the file.
 */
export function describeKinds(
  entries: Iterable<OutlineEntry>,
  listing: boolean,
): { kinds: Map<string, JsonValue>; omitted: number } {
  const kinds = new Map<string, JsonValue>();
  let omitted = 0;
  for (const entry of entries) {
    if (entry.kind !== "open" && entry.kind !== "empty") continue;
    if (entry.depth > KINDS_DEPTH) omitted++;
    else if (!listing || entry.path !== "") kinds.set(entry.path, entry.label);
  }
  return { kinds, omitted };
}

/** The attributes that BUILD set on dicts, by path: plain JSON images, as far as they are plain. */
export function describeAttributes(
  entries: Iterable<OutlineEntry>,
  reduce: (value: PyValue) => PyValue,
): Map<string, JsonValue> {
  const attributes = new Map<string, JsonValue>();
  for (const entry of entries) {
    if (entry.kind !== "open" && entry.kind !== "empty") continue;
    if (!(entry.value instanceof PyView) || entry.value.attributes === null) continue;
    attributes.set(entry.path, plainJson(entry.value.attributes, reduce, 0));
  }
  return attributes;
}

/** Levels of attributes that are shown: `_metadata` has three. */
const ATTRIBUTE_DEPTH = 16;

function plainJson(value: PyValue, reduce: (value: PyValue) => PyValue, depth: number): JsonValue {
  const reduced = reduce(value);
  const leaf = leafJson(reduced, reduce);
  if (leaf !== undefined) return leaf;
  const parts = depth < ATTRIBUTE_DEPTH ? partsOf(reduced, reduce) : undefined;
  if (!parts) return tagged("$opaque", "");
  const isList = Array.isArray(reduced) || reduced instanceof PyTuple;
  const list: JsonValue[] = [];
  const map = new Map<string, JsonValue>();
  for (const [component, part] of parts.children) {
    const json = plainJson(part, reduce, depth + 1);
    if (isList) list.push(json);
    else map.set(component, json);
  }
  return isList ? list : map;
}
