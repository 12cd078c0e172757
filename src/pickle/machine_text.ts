/**
 * The values of opcodes that are written as text, and of Python 2's byte strings.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { limitError } from "./limits.ts";
import type { PickleLimits } from "./limits.ts";
import { corrupt } from "./machine_effects.ts";
import type { StringEncoding } from "./machine_types.ts";
import * as text from "./text.ts";
import { PyBytes } from "./values.ts";
import type { PyValue } from "./values.ts";

/** The value of FLOAT, INT, LONG, STRING or UNICODE. */
export function textValue(
  opcode: number,
  line: Uint8Array,
  offset: number,
  limits: PickleLimits,
  encoding: StringEncoding,
): PyValue {
  switch (opcode) {
    case 0x56: // UNICODE
      return text.decodeRawUnicodeEscape(line, offset);
    case 0x53: // STRING
      return byteString(text.decodeQuotedString(line, offset), encoding, offset);
    case 0x46: { // FLOAT
      const value = text.parsePythonFloat(text.decodeLatin1(line));
      if (value === undefined) throw corrupt("A FLOAT argument is no float", offset);
      return value;
    }
  }
  const word = text.decodeLatin1(line);
  // INT spells bools in exactly these two ways.
  if (opcode === 0x49 && (word === "00" || word === "01")) return word === "01";
  const isLong = opcode === 0x4c && word.endsWith("L");
  return integer(isLong ? word.slice(0, -1) : word, offset, limits);
}

/** The index of GET and PUT: an int by Python's rules, so `1_0` is 10. */
export function memoIndex(line: Uint8Array, offset: number, limits: PickleLimits): number | bigint {
  const index = integer(text.decodeLatin1(line), offset, limits);
  if (index < 0) throw corrupt("A memo index is negative", offset);
  return index;
}

function integer(word: string, offset: number, limits: PickleLimits): number | bigint {
  if (word.length > limits.integer) {
    throw limitError(`An int has ${word.length} digits`, limits.integer, "integer", offset);
  }
  const value = text.parsePythonInt(word);
  if (value === undefined) throw corrupt("An int argument is no int", offset);
  return value;
}

/** A Python 2 byte string as the caller wants it. */
export function byteString(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: StringEncoding,
  offset: number,
): PyValue {
  if (encoding === "latin1") return text.decodeLatin1(bytes);
  if (encoding === "utf-8") return text.decodeUtf8(bytes, offset);
  if (encoding !== "bytes" && text.isAscii(bytes)) return text.decodeLatin1(bytes);
  if (encoding !== "ASCII") return new PyBytes("bytes", bytes);
  throw new StateDictError("corrupt", "A Python 2 string is not ASCII", {
    offset,
    hint: "read it with encoding latin1 or bytes",
  });
}
