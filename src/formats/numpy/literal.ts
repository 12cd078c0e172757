/**
 * Python literals, as npy headers hold them: dicts, tuples, lists, text, ints, True, False, None.
 * Anything else (a name, a call, arithmetic) is an error; nothing is ever evaluated.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";

/** Levels of brackets; a dtype of fields in fields needs two for each. */
const MAX_DEPTH = 32;

/** A tuple: `(1)` is none, and a list is another thing. */
export class LiteralTuple {
  /** Its parts. */
  readonly items: readonly Literal[];
  /** Wraps the parts. */
  constructor(items: readonly Literal[]) {
    this.items = items;
  }
}

/** A literal. Ints are bigints, whatever their size. */
export type Literal =
  | null
  | boolean
  | bigint
  | string
  | LiteralTuple
  | readonly Literal[]
  | ReadonlyMap<string, Literal>;

/** Reads one literal and nothing after it. @throws `corrupt` with the offset `base` and on. */
export function parseLiteral(text: string, base = 0): Literal {
  const reader = new LiteralReader(text, base);
  const value = reader.value(0);
  reader.end();
  return value;
}

class LiteralReader {
  private readonly text: string;
  private readonly base: number;
  private pos = 0;

  constructor(text: string, base: number) {
    this.text = text;
    this.base = base;
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw this.fail(`nests more than ${MAX_DEPTH} brackets`);
    const character = this.peek();
    if (character === "{") return this.dict(depth);
    if (character === "[") return this.items("]", depth).items;
    if (character === "(") {
      const { items, comma } = this.items(")", depth);
      return items.length === 1 && !comma ? items[0]! : new LiteralTuple(items);
    }
    if (character === "'" || character === '"') return this.string();
    const word = this.take(WORD);
    if (word !== undefined && WORDS.has(word)) return WORDS.get(word)!;
    // Python 2 marked unicode text so; on Python 3 it says nothing.
    if ((word === "u" || word === "U") && /['"]/.test(this.text[this.pos] ?? "")) {
      return this.string();
    }
    const int = word === undefined ? this.take(INT) : undefined;
    // Python 2 wrote sizes of 64 bits on Windows as `2L`.
    if (int !== undefined) return BigInt(int.replace(/[lL]$/, "").replace(/^\+/, ""));
    throw this.fail("has something that is no plain value");
  }

  end(): void {
    if (this.peek() !== "") throw this.fail("has text after its dict");
  }

  private dict(depth: number): Map<string, Literal> {
    const dict = new Map<string, Literal>();
    this.pos++;
    while (this.peek() !== "}") {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw this.fail("has a key that is no text");
      if (dict.has(key)) throw this.fail(`has the key ${JSON.stringify(key)} twice`);
      this.expect(":");
      dict.set(key, this.value(depth + 1));
      if (this.peek() !== "}") this.expect(",");
    }
    this.pos++;
    return dict;
  }

  private items(close: string, depth: number): { items: Literal[]; comma: boolean } {
    const items: Literal[] = [];
    let comma = false;
    this.pos++;
    while (this.peek() !== close) {
      items.push(this.value(depth + 1));
      comma = this.peek() === ",";
      if (this.peek() !== close) this.expect(",");
    }
    this.pos++;
    return { items, comma };
  }

  private string(): string {
    const quote = this.text[this.pos++]!;
    let result = "";
    for (;;) {
      const character = this.text[this.pos] ?? "\n";
      if (character === "\n" || character === "\r") {
        throw this.fail("has text without an end");
      }
      this.pos++;
      if (character === quote) break;
      result += character === "\\" ? this.escape() : character;
    }
    // Two quotes in a row are empty text, three begin text of many lines, which no dtype is.
    if (this.text[this.pos] === quote) throw this.fail("has text in three quotes");
    return result;
  }

  private escape(): string {
    const letter = this.text[this.pos++] ?? "";
    const plain = ESCAPES.get(letter);
    if (plain !== undefined) return plain;
    const octal = letter >= "0" && letter <= "7";
    if (octal) this.pos--;
    const digits = this.take(octal ? OCTAL : HEX.get(letter) ?? NOTHING);
    const code = digits === undefined ? NaN : parseInt(digits, octal ? 8 : 16);
    if (!(code <= 0x10ffff)) throw this.fail("has text with an unknown escape");
    return String.fromCodePoint(code);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.pos;
    const found = pattern.exec(this.text)?.[0];
    this.pos += found?.length ?? 0;
    return found;
  }

  private peek(): string {
    this.take(BLANKS);
    return this.text[this.pos] ?? "";
  }

  private expect(character: string): void {
    if (this.peek() !== character) throw this.fail(`has no "${character}" where one must be`);
    this.pos++;
  }

  private fail(what: string): StateDictError {
    return new StateDictError("corrupt", `The header ${what}`, { offset: this.base + this.pos });
  }
}

const BLANKS = /[ \t\r\n\f]*/y;
const WORD = /[A-Za-z_]+/y;
const INT = /[+-]?(?:0+|[1-9][0-9]{0,30})[lL]?(?![\w.])/y;
const OCTAL = /[0-7]{1,3}/y;
const NOTHING = /(?!)/y;

const WORDS: ReadonlyMap<string, null | boolean> = new Map<string, null | boolean>([
  ["True", true],
  ["False", false],
  ["None", null],
]);

/** Digits behind the letter of a numeric escape. */
const HEX: ReadonlyMap<string, RegExp> = new Map([
  ["x", /[0-9a-fA-F]{2}/y],
  ["u", /[0-9a-fA-F]{4}/y],
  ["U", /[0-9a-fA-F]{8}/y],
]);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);
