/**
 * `bytes`, `bytearray` and buffers in a pickle, by protocol.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { Op } from "./opcodes.ts";
import { decodeLatin1 } from "./text.ts";
import { PyBytes, PyGlobal } from "./values.ts";
import { writeGlobal } from "./writer_globals.ts";
import type { PickleChunk } from "./writer_output.ts";
import { tooLong, writeString, writeUtf8 } from "./writer_scalars.ts";
import { closeTuple, memoize, openTuple, recall } from "./writer_state.ts";
import type { Writer } from "./writer_state.ts";
import { encodeRawUnicodeEscape, latin1ToUtf8 } from "./writer_text.ts";

const BYTES = new PyGlobal("builtins", "bytes");
const BYTEARRAY = new PyGlobal("builtins", "bytearray");
const ENCODE = new PyGlobal("_codecs", "encode");

/** Writes bytes of any kind, or fetches them from the memo. */
export function writeBytes(w: Writer, value: PyBytes): void {
  const { kind } = value;
  w.out.boundary();
  const index = w.memo.find(value);
  if (index !== undefined) return recall(w, index);
  const isBuffer = kind === "buffer" || kind === "readonly-buffer";
  if (isBuffer && w.protocol === 5 && w.options.buffer?.(value)) {
    w.out.op(Op.NEXT_BUFFER);
    if (kind === "readonly-buffer") w.out.op(Op.READONLY_BUFFER);
    return;
  }
  if (!value.data && !value.span) throw notLoaded(value);
  // In band, a buffer comes back as bytes or, where it may be written to, as a bytearray.
  if (kind === "bytes" || kind === "readonly-buffer") {
    if (w.protocol >= 3) writeBinary(w, value);
    else writeEncoded(w, value);
  } else if (w.protocol === 5) writeBytearray(w, value);
  else writeBytearrayCall(w, value);
  memoize(w, value);
}

function writeBinary(w: Writer, value: PyBytes): void {
  const { out } = w;
  const { length } = value;
  out.payload(() => {
    if (length <= 0xff) out.op1(Op.SHORT_BINBYTES, length);
    else if (length <= 0xffffffff) out.op4(Op.BINBYTES, length);
    else if (w.protocol >= 4) out.op8(Op.BINBYTES8, length);
    else throw tooLong("A bytes object", length, 4);
  }, content(w, value));
}

function writeBytearray(w: Writer, value: PyBytes): void {
  w.out.payload(() => w.out.op8(Op.BYTEARRAY8, value.length), content(w, value));
}

/** `bytearray(bytes)`, as it is spelled below protocol 5. */
function writeBytearrayCall(w: Writer, value: PyBytes): void {
  const parts = value.length === 0 ? 0 : 1;
  writeGlobal(w, BYTEARRAY);
  w.out.boundary();
  openTuple(w, parts);
  if (parts > 0) writeBytes(w, new PyBytes("bytes", value.data, value.span));
  closeCall(w, parts);
}

/** `_codecs.encode(text, "latin1")`, as bytes are spelled below protocol 3; `bytes()` if empty. */
function writeEncoded(w: Writer, value: PyBytes): void {
  const parts = value.length === 0 ? 0 : 2;
  writeGlobal(w, parts === 0 ? BYTES : ENCODE);
  openTuple(w, parts);
  if (parts > 0) {
    writeLatin1(w, inMemory(w, value));
    writeString(w, "latin1");
  }
  closeCall(w, parts);
}

function writeLatin1(w: Writer, bytes: Uint8Array): void {
  // Python has one string for each character of latin-1; any longer text is made for the occasion.
  if (bytes.length === 1) return writeString(w, String.fromCharCode(bytes[0]!));
  if (w.protocol === 0) w.out.line(Op.UNICODE, encodeRawUnicodeEscape(decodeLatin1(bytes)));
  else writeUtf8(w, latin1ToUtf8(bytes));
  memoize(w);
}

function closeCall(w: Writer, parts: number): void {
  closeTuple(w, parts);
  if (parts > 0) memoize(w);
  w.out.op(Op.REDUCE);
}

/** The payload: its bytes, or where it lies if nobody can say them. */
function content(w: Writer, value: PyBytes): PickleChunk {
  if (value.data) return value.data;
  return w.options.resolveBytes ? resolved(w, value) : value.span!;
}

function inMemory(w: Writer, value: PyBytes): Uint8Array<ArrayBuffer> {
  const bytes = content(w, value);
  if (!(bytes instanceof Uint8Array)) throw notLoaded(value);
  return bytes;
}

function resolved(w: Writer, value: PyBytes): Uint8Array<ArrayBuffer> {
  const bytes = w.options.resolveBytes!(value.span!);
  if (bytes.length === value.length) return bytes;
  throw new StateDictError(
    "usage",
    `resolveBytes gave ${bytes.length} bytes for ${value.length}`,
    { offset: value.span!.offset },
  );
}

function notLoaded(value: PyBytes): StateDictError {
  const { span, kind } = value;
  if (!span) {
    return new StateDictError("not-loaded", `A ${kind} out of band has no bytes to pickle`, {
      hint: "write protocol 5 and take it with the buffer function",
    });
  }
  return new StateDictError("not-loaded", `${span.length} bytes are still in the file`, {
    offset: span.offset,
    hint: "give the writer resolveBytes, or write protocol 3 or higher",
  });
}
