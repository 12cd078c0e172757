/**
 * The calls by which older protocols spell plain values: `bytes`, `bytearray`, `set`, `frozenset`.
 *
 * These few are turned into the values at once, because the values can be dict keys. All other
 * calls stay {@linkcode PyObject} nodes.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { isHashable, PySet } from "./dict.ts";
import { encodeLatin1 } from "./text.ts";
import { PyBytes, PyTuple } from "./values.ts";
import type { PyValue } from "./values.ts";

/** Turns a call's arguments into a value, or undefined where they aren't of the expected form. */
export type Native = (args: readonly PyValue[]) => PyValue | undefined;

/** The codecs that only change text to bytes. Any other (`rot13`, `zlib`, …) computes. */
const PLAIN_CODECS = new Map<string, number>([
  ["latin1", 0x100],
  ["latin-1", 0x100],
  ["iso8859-1", 0x100],
  ["ascii", 0x80],
  ["utf-8", Infinity],
  ["utf8", Infinity],
]);

/** Whether `_codecs.encode` with this codec is a plain spelling of bytes. */
export function isPlainCodec(codec: PyValue | undefined): boolean {
  return codec === undefined || (typeof codec === "string" && PLAIN_CODECS.has(codec));
}

function encode(args: readonly PyValue[]): PyValue | undefined {
  const [text, codec = "utf-8"] = args;
  if (typeof text !== "string" || typeof codec !== "string" || args.length > 2) return undefined;
  const bound = PLAIN_CODECS.get(codec);
  if (bound === undefined) return undefined;
  if (bound === Infinity) {
    return text.isWellFormed() ? new PyBytes("bytes", new TextEncoder().encode(text)) : undefined;
  }
  const bytes = encodeLatin1(text);
  return bytes?.every((byte) => byte < bound) ? new PyBytes("bytes", bytes) : undefined;
}

/** Zeros that `bytes(n)` may ask for: no pickler writes that, since the bytes are there to be written. */
const MAX_ZEROS = 1024 * 1024;

/** `bytes(n)` stays a call, if nothing else would read it as more memory than there is. */
function refuseZeros(kind: string, count: number | bigint): undefined {
  if (count > MAX_ZEROS) {
    throw new StateDictError("limit", `A call of ${kind} asks for ${count} zeros`, {
      hint: "no ordinary pickler writes this; get the file from someone you trust",
    });
  }
  return undefined;
}

function byteMaker(kind: "bytes" | "bytearray"): Native {
  return (args) => {
    if (args.length === 0) return new PyBytes(kind, new Uint8Array(0));
    const [from, codec] = args;
    if (args.length === 2 && typeof from === "string") {
      const encoded = encode([from, codec!]);
      return encoded instanceof PyBytes ? new PyBytes(kind, encoded.data) : undefined;
    }
    if (args.length !== 1) return undefined;
    if (typeof from === "number" || typeof from === "bigint") return refuseZeros(kind, from);
    if (from instanceof PyBytes) {
      return new PyBytes(kind, from.data && from.data.slice(), from.span);
    }
    const items = Array.isArray(from) ? from : from instanceof PyTuple ? from.items : undefined;
    if (!items?.every((item) => typeof item === "number" && item >= 0 && item < 256)) {
      return undefined;
    }
    return new PyBytes(kind, Uint8Array.from(items as number[]));
  };
}

function setMaker(frozen: boolean): Native {
  return (args) => {
    if (args.length > 1) return undefined;
    const [from = []] = args;
    const items = Array.isArray(from)
      ? from
      : from instanceof PyTuple
      ? from.items
      : from instanceof PySet
      ? from.values()
      : undefined;
    return items?.every(isHashable) ? new PySet(items, frozen) : undefined;
  };
}

/** By the callee's Python 3 name. */
export const NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ["_codecs.encode", encode],
  ["builtins.bytes", byteMaker("bytes")],
  ["builtins.bytearray", byteMaker("bytearray")],
  ["builtins.set", setMaker(false)],
  ["builtins.frozenset", setMaker(true)],
]);
