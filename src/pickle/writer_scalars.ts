/**
 * Strings, numbers and bools in a pickle, by protocol.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { Op } from "./opcodes.ts";
import { memoize, recall } from "./writer_state.ts";
import type { Writer } from "./writer_state.ts";
import { encodeLong, encodeRawUnicodeEscape, encodeUtf8, floatRepr } from "./writer_text.ts";

/** The largest length that four unsigned bytes can state. */
const U4_MAX = 0xffffffff;

/** Writes a string, or fetches it if an equal one is in the memo. */
export function writeString(w: Writer, text: string): void {
  w.out.boundary();
  const index = w.memo.find(text);
  if (index !== undefined) return recall(w, index);
  if (w.protocol === 0) w.out.line(Op.UNICODE, encodeRawUnicodeEscape(text));
  else if (!writeShortAscii(w, text)) writeUtf8(w, encodeUtf8(text));
  memoize(w, text);
}

/** The common case without an array in between: names of tensors. */
function writeShortAscii(w: Writer, text: string): boolean {
  const { length } = text;
  if (length > 0xff) return false;
  if (w.protocol >= 4) w.out.op1(Op.SHORT_BINUNICODE, length);
  else w.out.op4(Op.BINUNICODE, length);
  if (w.out.ascii(text)) return true;
  w.out.unwrite(w.protocol >= 4 ? 2 : 5);
  return false;
}

/** Writes text that is UTF-8 already, in protocol 1 or higher, without a memo entry. */
export function writeUtf8(w: Writer, utf8: Uint8Array<ArrayBuffer>): void {
  const { out } = w;
  const { length } = utf8;
  out.payload(() => {
    if (length <= 0xff && w.protocol >= 4) out.op1(Op.SHORT_BINUNICODE, length);
    else if (length <= U4_MAX) out.op4(Op.BINUNICODE, length);
    else if (w.protocol >= 4) out.op8(Op.BINUNICODE8, length);
    else throw tooLong("A string", length, 4);
  }, utf8);
}

/** The error of a payload whose length the protocol can't state. */
export function tooLong(what: string, length: number, protocol: number): StateDictError {
  return new StateDictError("unsupported", `${what} of ${length} bytes is too long to pickle`, {
    hint: `write protocol ${protocol} or higher`,
  });
}

/** Writes an int. */
export function writeInt(w: Writer, value: number | bigint): void {
  const { out, protocol } = w;
  if (value >= -0x80000000 && value <= 0x7fffffff) {
    const small = Number(value);
    if (protocol === 0) out.line(Op.INT, String(small));
    else if (small < 0 || small > 0xffff) out.op4(Op.BININT, small);
    else if (small > 0xff) out.op2(Op.BININT2, small);
    else out.op1(Op.BININT1, small);
  } else if (protocol < 2) out.line(Op.LONG, `${BigInt(value)}L`);
  else {
    const bytes = encodeLong(BigInt(value));
    if (bytes.length <= 0xff) out.op1(Op.LONG1, bytes.length);
    else out.op4(Op.LONG4, bytes.length);
    out.bytes(bytes);
  }
}

/** Writes a float. */
export function writeFloat(w: Writer, value: number): void {
  if (w.protocol === 0) w.out.line(Op.FLOAT, floatRepr(value));
  else w.out.float(value);
}

/** Writes a bool. */
export function writeBool(w: Writer, value: boolean): void {
  if (w.protocol < 2) w.out.line(Op.INT, value ? "01" : "00");
  else w.out.op(value ? Op.NEWTRUE : Op.NEWFALSE);
}

/** Writes a class that is known by its extension code only; readers take it in any protocol. */
export function writeExtension(w: Writer, code: number): void {
  if (!Number.isInteger(code) || code < 1 || code > 0x7fffffff) {
    throw new StateDictError("usage", `${code} is no extension code`, {
      hint: "codes are 1 to 2147483647",
    });
  }
  if (code <= 0xff) w.out.op1(Op.EXT1, code);
  else if (code <= 0xffff) w.out.op2(Op.EXT2, code);
  else w.out.op4(Op.EXT4, code);
}
