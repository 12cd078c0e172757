/**
 * JSON text of plain values that statedict builds. `JSON.stringify` would round big integers, drop
 * the point of `1.0` and the sign of `-0.0`, ask the values for a `toJSON`, overflow the stack on
 * deep values, and let control and bidi characters through to a terminal.
 *
 * @module
 */

import { isHidden } from "./escape.ts";

/** What {@linkcode jsonText} writes. A `Map` is an object whose keys may be any string. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | JsonFloat
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | { readonly [key: string]: JsonValue | undefined };

/** A float: written so that no reader takes it for an integer. Plain whole numbers are integers. */
export class JsonFloat {
  /** The number. */
  readonly value: number;
  /** Marks a finite number as a float. */
  constructor(value: number) {
    this.value = value;
  }
}

/** The text of one value. */
export function jsonText(value: JsonValue): string {
  const parts: string[] = [];
  writeJson(value, (part) => parts.push(part));
  return parts.join("");
}

/** Pieces of text that are joined to one part: long ropes of strings drown V8 in garbage. */
const PIECES = 4096;

/** A container that is being written. Plain arrays: generators take five times as long. */
interface Open {
  /** Keys of an object, in step with the values; null for an array. */
  readonly keys: readonly string[] | null;
  readonly values: readonly (JsonValue | undefined)[];
  next: number;
  empty: boolean;
}

/** Writes one value in parts of a few thousand items. Own keys only, in their order; no recursion. */
export function writeJson(value: JsonValue, emit: (part: string) => void): void {
  const open: Open[] = [];
  let pieces = [begin(value, open)];
  while (open.length > 0) {
    const top = open[open.length - 1]!;
    if (top.next === top.values.length) {
      pieces.push(top.keys ? "}" : "]");
      open.pop();
      continue;
    }
    const at = top.next++;
    const item = top.values[at];
    // A property that is undefined is left out, as optional fields are.
    if (item === undefined && top.keys) continue;
    if (!top.empty) pieces.push(",");
    top.empty = false;
    if (top.keys) pieces.push(quote(top.keys[at]!), ":");
    pieces.push(begin(item, open));
    if (pieces.length >= PIECES) {
      emit(pieces.join(""));
      pieces = [];
    }
  }
  emit(pieces.join(""));
}

/** The text of a scalar; of a container its first character, and it is put on the stack. */
function begin(value: JsonValue | undefined, open: Open[]): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return integerOrFraction(value);
  if (value === null || typeof value === "boolean" || typeof value === "bigint") {
    return String(value);
  }
  if (value instanceof JsonFloat) return float(value.value);
  const keys = keysOf(value);
  const values = valuesOf(value);
  open.push({ keys, values, next: 0, empty: true });
  return keys ? "{" : "[";
}

function keysOf(value: unknown): readonly string[] | null {
  if (Array.isArray(value)) return null;
  if (value instanceof Map) return [...value.keys()];
  const prototype = typeof value === "object" && Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return Object.keys(value as object);
  throw new TypeError(`Not a plain JSON value: ${Object.prototype.toString.call(value)}`);
}

function valuesOf(value: unknown): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? [...value.values()] : Object.values(value as object);
}

function integerOrFraction(value: number): string {
  requireFinite(value);
  // 2^62 as a number prints as 4611686018427388000; it is 4611686018427387904.
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? String(BigInt(value))
    : String(value);
}

function float(value: number): string {
  requireFinite(value);
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function requireFinite(value: number): void {
  if (!Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`);
}

/** Strings that need no escape: printable ASCII without the quote and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** A string with everything escaped that a terminal would act on or not show. */
function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) {
    quoted += SHORT.get(character) ?? (isHidden(character) ? unitEscapes(character) : character);
  }
  return `${quoted}"`;
}

function unitEscapes(character: string): string {
  let escapes = "";
  for (let i = 0; i < character.length; i++) {
    escapes += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  }
  return escapes;
}
