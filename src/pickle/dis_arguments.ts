/**
 * Reads the argument of one opcode, by the layout that the opcode table states.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { ArgumentKind } from "./opcodes.ts";
import {
  decodeLatin1,
  decodeLong,
  decodeQuotedString,
  decodeRawUnicodeEscape,
  decodeUtf8,
  isAscii,
} from "./text.ts";
import { pyInt } from "./values.ts";

/**
 * An argument as the stream has it: null for none, a number, decoded text, the two names of GLOBAL,
 * or bytes that are no text. Numbers that the stream writes as text stay text.
 */
export type Argument = null | number | bigint | string | readonly [string, string] | Uint8Array;

/** An argument and where the next opcode begins. */
export interface ReadArgument {
  /** The argument. */
  readonly value: Argument;
  /** Offset after it. */
  readonly end: number;
}

/** Longer ints are shown as bytes: turning them into digits is quadratic. */
const MAX_INT_BYTES = 1024;

/** How the content is read of an argument that is a length and then that many bytes. */
const CONTENTS: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>, at: number) => Argument>> =
  {
    int: (bytes) => bytes.length > MAX_INT_BYTES ? bytes : decodeLong(bytes),
    utf8: decodeUtf8,
    bytes: (bytes) => bytes,
    string: (bytes) => isAscii(bytes) ? decodeLatin1(bytes) : bytes,
  };

/** Reads the argument that begins at `at`. */
export function readArgument(
  bytes: Uint8Array<ArrayBuffer>,
  kind: ArgumentKind,
  at: number,
): ReadArgument {
  if (kind === "none") return { value: null, end: at };
  if (kind === "name-lines") {
    const module = readLine(bytes, at);
    const name = readLine(bytes, module.end);
    return {
      value: [decodeUtf8(module.line, at), decodeUtf8(name.line, module.end)],
      end: name.end,
    };
  }
  if (kind.endsWith("-line")) {
    const { line, end } = readLine(bytes, at);
    return { value: readText(line, kind, at), end };
  }
  const [content, width] = kind.split("-") as [string, string?];
  if (width === undefined) return readNumber(bytes, kind, at);
  const { value: length, end: start } = readNumber(bytes, width, at);
  if (length < 0) {
    throw new StateDictError("corrupt", `The length ${length} is negative`, { offset: at });
  }
  const payload = take(bytes, start, Number(length));
  return { value: CONTENTS[content]!(payload, at), end: start + payload.length };
}

function readText(line: Uint8Array<ArrayBuffer>, kind: ArgumentKind, at: number): Argument {
  if (kind === "unicode-line") return decodeRawUnicodeEscape(line, at);
  if (kind !== "quoted-line") return decodeLatin1(line);
  const content = decodeQuotedString(line, at);
  return isAscii(content) ? decodeLatin1(content) : content;
}

/** How wide the plain numbers are, and which reads them. */
const NUMBERS: Readonly<
  Record<string, [width: number, read: (view: DataView) => number | bigint]>
> = {
  u1: [1, (view) => view.getUint8(0)],
  u2: [2, (view) => view.getUint16(0, true)],
  u4: [4, (view) => view.getUint32(0, true)],
  i4: [4, (view) => view.getInt32(0, true)],
  u8: [8, (view) => pyInt(view.getBigUint64(0, true))],
  f8: [8, (view) => view.getFloat64(0)],
};

function readNumber(
  bytes: Uint8Array<ArrayBuffer>,
  kind: string,
  at: number,
): { value: number | bigint; end: number } {
  const [width, read] = NUMBERS[kind]!;
  const { buffer, byteOffset } = take(bytes, at, width);
  return { value: read(new DataView(buffer, byteOffset, width)), end: at + width };
}

function readLine(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
): { line: Uint8Array<ArrayBuffer>; end: number } {
  const end = bytes.indexOf(0x0a, at);
  if (end >= 0) return { line: bytes.subarray(at, end), end: end + 1 };
  throw new StateDictError("truncated", "A line of text has no end", { offset: at });
}

function take(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length - at) return bytes.subarray(at, at + length);
  throw new StateDictError(
    "truncated",
    `An argument of ${length} bytes begins at ${at}, but the data ends at ${bytes.length}`,
    { offset: at },
  );
}
