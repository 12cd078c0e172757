/**
 * JSON, read strictly and token by token: for what two readers could read in two ways.
 *
 * `JSON.parse` lets a key come twice, takes `1.0` for 1, rounds integers beyond 2^53 and lets half a
 * surrogate pair through.
 *
 * @module
 */

import { SHORT_ESCAPES } from "./json_escapes.ts";
import { StateDictError } from "../errors.ts";
import type { TextOrigin } from "./utf8.ts";

/** Levels of objects and arrays: serde_json, which the safetensors library reads with, goes as deep. */
export const MAX_JSON_DEPTH = 127;

/**
 * Reads a JSON text from front to back: a loop over `enterObject` and `nextMember` meets each
 * member, whose `key` is read first and whose value is then read or skipped.
 */
export class JsonReader {
  private readonly text: string;
  private readonly origin: TextOrigin;
  private pos = 0;

  /** Starts at the beginning of a text. */
  constructor(text: string, origin: TextOrigin) {
    this.text = text;
    this.origin = origin;
  }

  /** An error at the current place. */
  fail(what: string): StateDictError {
    // The offset is exact where the text is ASCII, which all of these are but for odd names.
    return new StateDictError("corrupt", `${this.origin.title} ${what}`, {
      offset: this.origin.offset + this.pos,
    });
  }

  /** Skips white space and gives the code of what follows; NaN at the end. */
  peek(): number {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.pos);
      if (code > 0x20 || (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09)) {
        return code;
      }
      this.pos++;
    }
  }

  /** Takes a `{`; whether a member follows. */
  enterObject(): boolean {
    return this.enter(OPEN_BRACE, CLOSE_BRACE);
  }

  /** Takes a `,` or the closing `}` after a member; whether another member follows. */
  nextMember(): boolean {
    return this.next(CLOSE_BRACE);
  }

  /** Takes a `[`; whether an item follows. */
  enterArray(): boolean {
    return this.enter(OPEN_BRACKET, CLOSE_BRACKET);
  }

  /** Takes a `,` or the closing `]` after an item; whether another item follows. */
  nextItem(): boolean {
    return this.next(CLOSE_BRACKET);
  }

  /** A member's name, and its colon. */
  key(): string {
    const key = this.string();
    if (this.peek() !== COLON) throw this.fail('has no ":" here');
    this.pos++;
    return key;
  }

  /** A string. */
  string(): string {
    if (this.peek() !== QUOTE) throw this.fail("has no string here");
    const start = ++this.pos;
    const { text } = this;
    for (let at = start;; at++) {
      const code = text.charCodeAt(at);
      if (code !== QUOTE && code !== BACKSLASH && code >= 0x20) continue;
      this.pos = at;
      if (code === QUOTE) {
        this.pos++;
        return text.slice(start, at);
      }
      if (code === BACKSLASH) return this.escaped(start);
      throw this.fail("has a string with a control character or without an end");
    }
  }

  /** The rest of a string that has escapes, from the first of them on. */
  private escaped(start: number): string {
    const { text } = this;
    const parts = [text.slice(start, this.pos)];
    for (let from = this.pos;;) {
      const code = text.charCodeAt(this.pos);
      if (code !== QUOTE && code !== BACKSLASH) {
        if (!(code >= 0x20)) {
          throw this.fail("has a string with a control character or without an end");
        }
        this.pos++;
        continue;
      }
      parts.push(text.slice(from, this.pos));
      if (code === QUOTE) break;
      parts.push(this.escape());
      from = this.pos;
    }
    const result = parts.join("");
    if (!result.isWellFormed()) throw this.fail("has a string with half a surrogate pair");
    this.pos++;
    return result;
  }

  private escape(): string {
    const letter = this.text[this.pos + 1] ?? "";
    if (letter === "u") {
      const hex = this.text.slice(this.pos + 2, this.pos + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.fail("has a string with a broken escape");
      this.pos += 6;
      return String.fromCharCode(parseInt(hex, 16));
    }
    const plain = SHORT_ESCAPES.get(letter);
    if (plain === undefined) throw this.fail("has a string with an unknown escape");
    this.pos += 2;
    return plain;
  }

  /** An integer of 64 bits without a sign, fraction, exponent or leading zero. */
  unsigned(): number | bigint {
    const first = this.peek();
    const start = this.pos;
    const { text } = this;
    let value = 0;
    let at = start;
    for (;; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    const length = at - start;
    const code = text.charCodeAt(at);
    if (length === 0 || (length > 1 && first === 0x30) || code === 0x2e || (code | 32) === 0x65) {
      throw this.fail("has no unsigned integer here");
    }
    if (length > 20) throw this.fail("has an integer beyond 64 bits");
    this.pos = at;
    if (length < 16) return value;
    const exact = BigInt(text.slice(start, at));
    if (exact >= 2n ** 64n) throw this.fail("has an integer beyond 64 bits");
    return exact > Number.MAX_SAFE_INTEGER ? exact : Number(exact);
  }

  /** Takes a `null` if it is next. */
  takesNull(): boolean {
    return this.peek() === 0x6e && this.takes("null");
  }

  /** Reads over a value of any kind, `level` objects and arrays deep with it; gives its text. */
  skip(level = 1): string {
    const code = this.peek();
    if ((code === OPEN_BRACE || code === OPEN_BRACKET) && level > MAX_JSON_DEPTH) {
      throw this.fail(`nests more than ${MAX_JSON_DEPTH} levels deep`);
    }
    const start = this.pos;
    if (code === OPEN_BRACE) {
      for (let more = this.enterObject(); more; more = this.nextMember()) {
        this.key();
        this.skip(level + 1);
      }
    } else if (code === OPEN_BRACKET) {
      for (let more = this.enterArray(); more; more = this.nextItem()) this.skip(level + 1);
    } else if (code === QUOTE) this.string();
    else if (!this.takes("true") && !this.takes("false") && !this.takes("null")) this.number();
    return this.text.slice(start, this.pos);
  }

  /** Refuses anything but white space after the value. */
  end(): void {
    if (!Number.isNaN(this.peek())) throw this.fail("has text after its end");
  }

  private enter(open: number, close: number): boolean {
    if (this.peek() !== open) throw this.fail(`has no "${String.fromCharCode(open)}" here`);
    this.pos++;
    if (this.peek() !== close) return true;
    this.pos++;
    return false;
  }

  private next(close: number): boolean {
    const code = this.peek();
    if (code !== COMMA && code !== close) {
      throw this.fail(`has neither "," nor "${String.fromCharCode(close)}" here`);
    }
    this.pos++;
    return code === COMMA;
  }

  private takes(word: string): boolean {
    if (!this.text.startsWith(word, this.pos)) return false;
    this.pos += word.length;
    return true;
  }

  private number(): void {
    NUMBER.lastIndex = this.pos;
    if (!NUMBER.test(this.text)) throw this.fail("has something that is no JSON value");
    this.pos = NUMBER.lastIndex;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
