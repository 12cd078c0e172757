/**
 * How a pickle spells strings and numbers as text or bytes.
 *
 * Python's rules, which JavaScript's own parsers do not share: `Number("")` is 0, `parseInt("1_0")`
 * is 1, `TextDecoder` refuses lone surrogates and calls windows-1252 latin-1.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { pyFloat, pyInt } from "./values.ts";
import type { PyFloat } from "./values.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 with lone surrogates let through (Python's `surrogatepass`), else a `corrupt` error. */
export function decodeUtf8(bytes: Uint8Array, offset: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return decodeSurrogatePass(bytes, offset);
  }
}

function decodeSurrogatePass(bytes: Uint8Array, offset: number): string {
  let text = "";
  let from = 0;
  for (let i = 0; i + 2 < bytes.length; i++) {
    // ED A0 80 .. ED BF BF are the three-byte forms of U+D800 .. U+DFFF.
    if (bytes[i] !== 0xed || bytes[i + 1]! < 0xa0 || bytes[i + 1]! > 0xbf) continue;
    if (bytes[i + 2]! < 0x80 || bytes[i + 2]! > 0xbf) continue;
    text += strictUtf8(bytes, from, i, offset);
    text += String.fromCharCode(0xd000 | (bytes[i + 1]! & 0x3f) << 6 | bytes[i + 2]! & 0x3f);
    from = i + 3;
    i += 2;
  }
  return text + strictUtf8(bytes, from, bytes.length, offset);
}

function strictUtf8(bytes: Uint8Array, from: number, to: number, offset: number): string {
  try {
    return utf8.decode(bytes.subarray(from, to));
  } catch (cause) {
    throw new StateDictError("corrupt", "A string is not valid UTF-8", { offset, cause });
  }
}

/** Bytes as the code points 0 to 255. */
export function decodeLatin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  // fromCharCode takes its characters as arguments, and the stack holds only so many.
  for (let i = 0; i < bytes.length; i += 4096) {
    parts.push(String.fromCharCode.apply(null, bytes.subarray(i, i + 4096) as unknown as number[]));
  }
  return parts.join("");
}

/** Whether every byte is below 0x80. */
export function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}

/** The characters of latin-1 text as bytes, or undefined if one is beyond 255. */
export function encodeLatin1(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

const PYTHON_INT = /^([+-]?)(?:0[xX]_?([0-9a-fA-F_]+)|0[oO]_?([0-7_]+)|0[bB]_?([01_]+)|([0-9_]+))$/;

/**
 * `int(text, 0)`: blanks around, a sign, 0x 0o 0b, single underscores between digits.
 * Leading zeros are let through as C's unpickler does. Undefined if it isn't one.
 */
export function parsePythonInt(text: string): number | bigint | undefined {
  const match = PYTHON_INT.exec(trimBlanks(text));
  if (!match) return undefined;
  const [, sign, hex, octal, binary, decimal] = match;
  const digits = hex ?? octal ?? binary ?? decimal!;
  if (digits.startsWith("_") || digits.endsWith("_") || digits.includes("__")) return undefined;
  const prefix = hex ? "0x" : octal ? "0o" : binary ? "0b" : "";
  const value = BigInt(prefix + digits.replaceAll("_", ""));
  return pyInt(sign === "-" ? -value : value);
}

/** Tab to carriage return, the four separators, and the blank. */
function isBlank(code: number): boolean {
  return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20);
}

/** What `str.strip()` strips of ASCII text. */
function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const PYTHON_FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** `float(text)` as C's unpickler takes it, or undefined. */
export function parsePythonFloat(text: string): number | PyFloat | undefined {
  if (PYTHON_FLOAT.test(text)) return pyFloat(Number(text));
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (!word) return undefined;
  if (word[2]!.toLowerCase() === "nan") return NaN;
  return word[1] === "-" ? -Infinity : Infinity;
}

/** A little-endian two's complement int of any length; no bytes are 0. */
export function decodeLong(bytes: Uint8Array): number | bigint {
  const { length } = bytes;
  if (length === 0) return 0;
  if (length <= 6) {
    let small = 0;
    for (let i = length - 1; i >= 0; i--) small = small * 256 + bytes[i]!;
    return bytes[length - 1]! & 0x80 ? small - 2 ** (8 * length) : small;
  }
  let hex = "";
  for (let i = length - 1; i >= 0; i--) hex += bytes[i]!.toString(16).padStart(2, "0");
  return pyInt(BigInt.asIntN(8 * length, BigInt(`0x${hex}`)));
}

/** Raw-unicode-escape: `\uXXXX` and `\UXXXXXXXX` are escapes, every other byte is latin-1. */
export function decodeRawUnicodeEscape(bytes: Uint8Array, offset: number): string {
  const text = decodeLatin1(bytes);
  if (!text.includes("\\")) return text;
  // A backslash escapes only if an even number of backslashes stands before it.
  return text.replace(/(\\+)(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[uU])?/g, (all, slashes, escape) => {
    if (!escape || slashes.length % 2 === 0) return all;
    const code = escape.length > 1 ? parseInt(escape.slice(1), 16) : Infinity;
    if (code > 0x10ffff) {
      throw new StateDictError("corrupt", "A UNICODE string has a broken escape", { offset });
    }
    return slashes.slice(1) + String.fromCodePoint(code);
  });
}

const SIMPLE_ESCAPES = new Map<number, number>([
  [0x5c, 0x5c],
  [0x27, 0x27],
  [0x22, 0x22],
  [0x61, 7],
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
  [0x76, 11],
]);

/** The bytes of a quoted Python 2 string: `\n`, `\x41`, `\101`, `\`+newline and their kin. */
export function decodeQuotedString(line: Uint8Array, offset: number): Uint8Array<ArrayBuffer> {
  const broken = (what: string) =>
    new StateDictError("corrupt", `A STRING argument ${what}`, { offset });
  const quote = line[0];
  const last = line.length - 1;
  if (last < 1 || (quote !== 0x27 && quote !== 0x22) || line[last] !== quote) {
    throw broken("is not quoted");
  }
  const out = new Uint8Array(line.length);
  let length = 0;
  for (let i = 1; i < last; i++) {
    if (line[i] !== 0x5c) {
      out[length++] = line[i]!;
      continue;
    }
    if (++i === last) throw broken("ends in a backslash");
    const escape = line[i]!;
    const simple = SIMPLE_ESCAPES.get(escape);
    if (simple !== undefined) out[length++] = simple;
    else if (escape === 0x78) {
      const hex = i + 2 < last ? decodeLatin1(line.subarray(i + 1, i + 3)) : "";
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) throw broken("has a broken \\x escape");
      out[length++] = parseInt(hex, 16);
      i += 2;
    } else if (escape >= 0x30 && escape <= 0x37) {
      let value = 0;
      const stop = Math.min(i + 3, last);
      while (i < stop && line[i]! >= 0x30 && line[i]! <= 0x37) {
        value = value * 8 + line[i++]! - 0x30;
      }
      i--;
      out[length++] = value & 0xff;
    } else if (escape !== 0x0a) {
      out[length++] = 0x5c;
      out[length++] = escape;
    }
  }
  return out.slice(0, length);
}
