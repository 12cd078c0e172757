/**
 * Reads JSON exactly: integers of any size, `1.0` apart from `1`, keys in order and never twice.
 *
 * @module
 */

import { SHORT_ESCAPES } from "./json_escapes.ts";
import { StateDictError } from "../errors.ts";
import { JsonFloat } from "./json.ts";
import type { JsonValue } from "./json.ts";

/** A container that is being read. */
type Open = { readonly list: JsonValue[] } | { readonly map: Map<string, JsonValue>; key: string };

/** Digits of an integer: turning text into a bigint is quadratic. */
const MAX_DIGITS = 16 * 1024;

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

/**
 * Reads a JSON text; objects become `Map`s, numbers with a point or an exponent
 * {@linkcode JsonFloat}s. Nothing recurses.
 *
 * @throws `corrupt` with the place, in UTF-16 units of the text.
 */
export function parseJson(text: string): JsonValue {
  let pos = 0;
  const open: Open[] = [];

  const fail = (what: string): StateDictError =>
    new StateDictError("corrupt", `The JSON ${what}`, { offset: pos });
  const blank = (): void => {
    for (;;) {
      const code = text.charCodeAt(pos);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      pos++;
    }
  };
  const string = (): string => {
    const start = ++pos;
    for (;;) {
      const code = text.charCodeAt(pos);
      if (code === 0x22) return text.slice(start, pos++);
      if (code === 0x5c) break;
      if (!(code >= 0x20)) throw fail("has a string without an end, or with a control character");
      pos++;
    }
    const parts = [text.slice(start, pos)];
    for (;;) {
      const code = text.charCodeAt(pos);
      if (code === 0x22) {
        pos++;
        return parts.join("");
      }
      if (!(code >= 0x20)) throw fail("has a string without an end, or with a control character");
      if (code !== 0x5c) {
        const from = pos;
        while (pos < text.length && text[pos] !== '"' && text[pos] !== "\\" && text[pos]! >= " ") {
          pos++;
        }
        parts.push(text.slice(from, pos));
        continue;
      }
      const escape = text[pos + 1] ?? "";
      const plain = SHORT_ESCAPES.get(escape);
      if (plain !== undefined) {
        parts.push(plain);
        pos += 2;
        continue;
      }
      const hex = text.slice(pos + 2, pos + 6);
      if (escape !== "u" || !/^[0-9a-fA-F]{4}$/.test(hex)) throw fail("has a broken escape");
      parts.push(String.fromCharCode(parseInt(hex, 16)));
      pos += 6;
    }
  };
  const scalar = (): JsonValue => {
    for (const [word, value] of WORDS) {
      if (text.startsWith(word, pos)) {
        pos += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = pos;
    const match = NUMBER.exec(text);
    if (!match) throw fail(pos < text.length ? "has something that is no value" : "ends too early");
    if (match[0].length > MAX_DIGITS) throw fail(`has a number of more than ${MAX_DIGITS} digits`);
    pos = NUMBER.lastIndex;
    if (match[1] !== undefined || match[2] !== undefined || match[0] === "-0") {
      return new JsonFloat(Number(match[0]));
    }
    const number = Number(match[0]);
    return Number.isSafeInteger(number) ? number : BigInt(match[0]);
  };
  /** Reads the key and the colon that a value in an object has before it. */
  const key = (into: Extract<Open, { map: unknown }>): void => {
    blank();
    if (text[pos] !== '"') throw fail("has an object without a key");
    into.key = string();
    if (into.map.has(into.key)) {
      throw fail(`has the key ${JSON.stringify(into.key.slice(0, 80))} twice`);
    }
    blank();
    if (text[pos++] !== ":") throw fail("has a key without a colon");
  };

  for (;;) {
    blank();
    let value: JsonValue;
    const character = text[pos];
    if (character === "[" || character === "{") {
      pos++;
      const container: Open = character === "[" ? { list: [] } : { map: new Map(), key: "" };
      value = "list" in container ? container.list : container.map;
      blank();
      if (text[pos] !== (character === "[" ? "]" : "}")) {
        add(open, value);
        open.push(container);
        if ("map" in container) key(container);
        continue;
      }
      pos++;
    } else value = character === '"' ? string() : scalar();
    if (open.length === 0) return finish(value);
    add(open, value);
    for (;;) {
      const top = open[open.length - 1]!;
      blank();
      const next = text[pos++];
      if (next === ",") {
        if ("map" in top) key(top);
        break;
      }
      if (next !== ("list" in top ? "]" : "}")) {
        throw fail("has a list or an object that goes on oddly");
      }
      open.pop();
      if (open.length === 0) return finish("list" in top ? top.list : top.map);
    }
  }

  function finish(value: JsonValue): JsonValue {
    blank();
    if (pos < text.length) throw fail("goes on after its value");
    return value;
  }
}

const WORDS: readonly (readonly [string, JsonValue])[] = [["null", null], ["true", true], [
  "false",
  false,
]];

function add(open: readonly Open[], value: JsonValue): void {
  const top = open[open.length - 1];
  if (!top) return;
  if ("list" in top) top.list.push(value);
  else top.map.set(top.key, value);
}
