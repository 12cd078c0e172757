/**
 * JSON as the safetensors library reads it: strict where `JSON.parse` is not.
 *
 * `JSON.parse` lets a key come twice, takes `1.0` for 1 and rounds integers beyond 2^53; each of
 * these makes two readers see two different files.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";

/** Levels of nesting that serde_json, and so the library, goes into. */
const MAX_DEPTH = 127;

/** Reads a JSON text token by token. */
export class JsonReader {
  private readonly text: string;
  private readonly base: number;
  private pos = 0;

  /** `base` is the text's offset in the file, for errors. */
  constructor(text: string, base: number) {
    this.text = text;
    this.base = base;
  }

  /** An error at the current place. */
  fail(what: string): StateDictError {
    // The offset is exact for ASCII, which headers are but for odd names.
    return new StateDictError("corrupt", `The header ${what}`, { offset: this.base + this.pos });
  }

  /** Skips white space and gives the next character's code; NaN at the end. */
  peek(): number {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.pos);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.pos++;
    }
  }

  /** Takes one character, which must be this one. */
  expect(character: string): void {
    if (this.peek() !== character.charCodeAt(0)) throw this.fail(`has no ${character} here`);
    this.pos++;
  }

  /** Takes the character if it is next. */
  takes(character: string): boolean {
    if (this.peek() !== character.charCodeAt(0)) return false;
    this.pos++;
    return true;
  }

  /** Takes a word if it is next. */
  takesWord(word: string): boolean {
    this.peek();
    if (!this.text.startsWith(word, this.pos)) return false;
    this.pos += word.length;
    return true;
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (!Number.isNaN(this.peek())) throw this.fail("has text after its end");
  }

  /** The members of an object: `member` reads each value. A key that comes twice is an error. */
  object(member: (key: string) => void): void {
    this.expect("{");
    if (this.takes("}")) return;
    const keys = new Set<string>();
    do {
      this.peek();
      const key = this.string();
      if (keys.has(key)) throw this.fail(`has ${JSON.stringify(key).slice(0, 80)} twice`);
      keys.add(key);
      this.expect(":");
      member(key);
    } while (this.takes(","));
    this.expect("}");
  }

  /** The items of an array. */
  array(item: () => void): void {
    this.expect("[");
    if (this.takes("]")) return;
    do item(); while (this.takes(","));
    this.expect("]");
  }

  /** A string. */
  string(): string {
    if (this.peek() !== 0x22) throw this.fail("has no string here");
    const start = ++this.pos;
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.pos);
      if (code === 0x22) break;
      if (code === 0x5c) return this.escapedString(start);
      if (!(code >= 0x20)) {
        throw this.fail("has a string with a control character or without an end");
      }
      this.pos++;
    }
    return text.slice(start, this.pos++);
  }

  private escapedString(start: number): string {
    const { text } = this;
    let result = text.slice(start, this.pos);
    for (;;) {
      const code = text.charCodeAt(this.pos);
      if (code === 0x22) break;
      if (!(code >= 0x20)) {
        throw this.fail("has a string with a control character or without an end");
      }
      if (code !== 0x5c) {
        result += text[this.pos++];
        continue;
      }
      const escape = text[this.pos + 1] ?? "";
      if (escape === "u") {
        result += this.unicodeEscape();
        continue;
      }
      const plain = ESCAPES.get(escape);
      if (plain === undefined) throw this.fail("has a string with an unknown escape");
      result += plain;
      this.pos += 2;
    }
    this.pos++;
    if (!result.isWellFormed()) throw this.fail("has a string with half a surrogate pair");
    return result;
  }

  private unicodeEscape(): string {
    const hex = this.text.slice(this.pos + 2, this.pos + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.fail("has a string with a broken escape");
    this.pos += 6;
    return String.fromCharCode(parseInt(hex, 16));
  }

  /** An unsigned integer as such: no sign, fraction, exponent or leading zero. */
  unsigned(): bigint | number {
    this.peek();
    const start = this.pos;
    const { text } = this;
    while (isDigit(text.charCodeAt(this.pos))) this.pos++;
    const digits = text.slice(start, this.pos);
    const next = text.charCodeAt(this.pos);
    if (
      digits === "" || (digits.length > 1 && digits[0] === "0") || next === 0x2e ||
      (next | 32) === 0x65
    ) {
      throw this.fail("has no unsigned integer here");
    }
    if (digits.length < 16) return Number(digits);
    const value = digits.length > 20 ? 2n ** 64n : BigInt(digits);
    if (value >= 2n ** 64n) throw this.fail("has an integer beyond 64 bits");
    return value;
  }

  /** Reads over any value. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH) throw this.fail(`nests more than ${MAX_DEPTH} levels deep`);
    const code = this.peek();
    if (code === 0x7b) this.object(() => this.skip(depth + 1));
    else if (code === 0x5b) this.array(() => this.skip(depth + 1));
    else if (code === 0x22) this.string();
    else if (!["true", "false", "null"].some((word) => this.takesWord(word))) this.number();
  }

  private number(): void {
    NUMBER.lastIndex = this.pos;
    if (!NUMBER.test(this.text)) throw this.fail("has something that is no JSON value");
    this.pos = NUMBER.lastIndex;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
