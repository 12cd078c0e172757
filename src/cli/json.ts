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

/** Characters gathered before they are handed on: few calls, and never a long rope of strings. */
const PART = 1 << 16;

/** A container that is being written: what is left of it, and how it closes. */
interface Open {
  readonly entries: Iterator<readonly [string | undefined, JsonValue]>;
  readonly close: "]" | "}";
  empty: boolean;
}

/** Writes one value in parts of bounded size. Own keys only, in their order; no recursion. */
export function writeJson(value: JsonValue, emit: (part: string) => void): void {
  const open: Open[] = [];
  let part = begin(value, open);
  while (open.length > 0) {
    const top = open[open.length - 1]!;
    const next = top.entries.next();
    if (next.done) {
      part += top.close;
      open.pop();
    } else {
      const [key, item] = next.value;
      if (!top.empty) part += ",";
      top.empty = false;
      if (key !== undefined) part += `${quote(key)}:`;
      part += begin(item, open);
    }
    if (part.length >= PART) {
      emit(part);
      part = "";
    }
  }
  emit(part);
}

/** The text of a scalar; of a container its first character, and it is put on the stack. */
function begin(value: JsonValue, open: Open[]): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return integerOrFraction(value);
  if (value === null || typeof value === "boolean" || typeof value === "bigint") {
    return String(value);
  }
  if (value instanceof JsonFloat) return float(value.value);
  if (Array.isArray(value)) {
    open.push({ entries: itemsOf(value), close: "]", empty: true });
    return "[";
  }
  open.push({ entries: entriesOf(value), close: "}", empty: true });
  return "{";
}

function* itemsOf(items: readonly JsonValue[]): Generator<readonly [undefined, JsonValue]> {
  for (const item of items) yield [undefined, item];
}

function entriesOf(value: unknown): Iterator<readonly [string, JsonValue]> {
  if (value instanceof Map) return value.entries();
  const prototype = typeof value === "object" && Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return ownEntries(value as object);
  throw new TypeError(`Not a plain JSON value: ${Object.prototype.toString.call(value)}`);
}

/** Own properties; one that is undefined is left out, as optional fields are. */
function* ownEntries(object: object): Generator<readonly [string, JsonValue]> {
  for (const [key, value] of Object.entries(object)) {
    if (value !== undefined) yield [key, value];
  }
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
