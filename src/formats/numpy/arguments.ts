/**
 * What numpy's calls in a pickle are given: sequences, text, shapes and bytes, each in the ways in
 * which some version wrote it.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { encodeLatin1 } from "../../pickle/text.ts";
import { PyBytes, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";

/** Names in numpy's dtypes are far shorter. */
const MAX_TEXT = 1024;

/** Items of a tuple or list. */
export function itemsOf(value: PyValue | undefined): readonly PyValue[] | undefined {
  return value instanceof PyTuple ? value.items : Array.isArray(value) ? value : undefined;
}

/** Text, also as Python 2 wrote it: a byte string. */
export function textOf(value: PyValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (!(value instanceof PyBytes) || !value.data || value.data.length > MAX_TEXT) return undefined;
  return String.fromCharCode(...value.data);
}

/** Bytes as such, or as the latin-1 text in which Python 2 and old protocols hold them. */
export function bytesOf(value: PyValue | undefined): PyBytes | undefined {
  if (value instanceof PyBytes) return value;
  const bytes = typeof value === "string" ? encodeLatin1(value) : undefined;
  return bytes && new PyBytes("bytes", bytes);
}

/** A shape, or one size by itself. @throws `corrupt` unless it is made of ints that can be sizes. */
export function shapeOf(value: PyValue | undefined): readonly number[] {
  const sizes = typeof value === "number" ? [value] : itemsOf(value);
  if (sizes?.every((size) => typeof size === "number" && Number.isInteger(size) && size >= 0)) {
    return sizes as number[];
  }
  throw new StateDictError("corrupt", "A numpy array has a shape that can't be");
}

/** `is_fortran`, which is a bool, or an int in old files. */
export function orderOf(fortran: PyValue | undefined): "C" | "F" {
  return fortran === true || fortran === 1 ? "F" : "C";
}
