/**
 * numpy's descriptions of dtypes in npy headers: `'<f4'`, a type's name, or a list of fields.
 *
 * A field is `(name, descr)` or `(name, descr, shape)`; a name may be `(title, name)`; fields named
 * `''` of raw bytes are padding. Source: `numpy/lib/format.py` (`descr_to_dtype`).
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { Field } from "../../tensor/dtype.ts";
import { numpyDType, structDType, subarrayDType } from "../../tensor/numpy_dtype.ts";
import type { StoredDType } from "../../tensor/numpy_dtype.ts";
import { LiteralTuple } from "./literal.ts";
import type { Literal } from "./literal.ts";

/** numpy's other names of plain types, with its codes on the 64-bit systems that write files. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ...Object.entries({
    ...{ b: "i1", B: "u1", h: "i2", H: "u2", i: "i4", I: "u4", l: "i8", L: "u8", q: "i8", Q: "u8" },
    ...{ p: "i8", P: "u8", e: "f2", f: "f4", d: "f8", g: "f16", F: "c8", D: "c16", G: "c32" },
    ...{ byte: "i1", ubyte: "u1", short: "i2", ushort: "u2", intc: "i4", uintc: "u4" },
    ...{ int: "i8", int_: "i8", uint: "u8", long: "i8", ulong: "u8", intp: "i8", uintp: "u8" },
    ...{ longlong: "i8", ulonglong: "u8", half: "f2", single: "f4", float: "f8", double: "f8" },
    ...{ longdouble: "f16", csingle: "c8", complex: "c16", cdouble: "c16", clongdouble: "c32" },
    ...{ bool: "b1", bool_: "b1", object: "O", object_: "O", S: "S0", U: "U0", V: "V0", c: "S1" },
    ...{ datetime64: "M8", timedelta64: "m8" },
  }),
]);

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", `The header's dtype ${what}`);
}

/** The dtype that a header's `descr` is. */
export function dtypeOfDescr(descr: Literal | undefined): StoredDType {
  if (typeof descr === "string") return typeOfCode(descr);
  if (Array.isArray(descr)) return { dtype: structOf(descr), byteOrder: "little" };
  if (descr instanceof LiteralTuple && descr.items.length === 2) {
    return repeated(dtypeOfDescr(descr.items[0]), descr.items[1]);
  }
  throw corrupt("is neither text nor a list of fields");
}

function typeOfCode(code: string): StoredDType {
  if (code === "T") return { dtype: dtypeByName("StringDType")!, byteOrder: "little" };
  const order = /^[<>=|]/.exec(code)?.[0] ?? "";
  const rest = code.slice(order.length);
  const [, name = rest, unit = ""] = /^([a-z]+64)(\[.*\])$/.exec(rest) ?? [];
  const alias = ALIASES.get(name);
  if (alias !== undefined && (order === "" || name.length === 1)) {
    return numpyDType(order + alias + unit);
  }
  const plain = order === "" ? dtypeByName(code) : undefined;
  if (plain?.numpy && !plain.objects) return { dtype: plain, byteOrder: "little" };
  return numpyDType(code);
}

/** A type that a shape repeats; a shape of nothing leaves it as it is. */
function repeated(base: StoredDType, shape: Literal | undefined): StoredDType {
  const dims = sizesOf(shape);
  if (!dims) throw corrupt("has a subarray without a shape");
  if (dims.length === 0) return base;
  return { dtype: subarrayDType(base.dtype, dims), byteOrder: base.byteOrder };
}

function sizesOf(shape: Literal | undefined): number[] | undefined {
  const sizes = shape instanceof LiteralTuple
    ? shape.items
    : Array.isArray(shape)
    ? shape as readonly Literal[]
    : [shape];
  const numbers: number[] = [];
  for (const size of sizes) {
    if (typeof size !== "bigint" || size < 0n || size > Number.MAX_SAFE_INTEGER) return undefined;
    numbers.push(Number(size));
  }
  return numbers;
}

function structOf(list: readonly Literal[]): StoredDType["dtype"] {
  const fields: Field[] = [];
  const taken = new Set<string>();
  let offset = 0;
  for (const item of list) {
    const parts = item instanceof LiteralTuple ? item.items : item;
    if (!Array.isArray(parts) || parts.length < 2 || parts.length > 3) {
      throw corrupt("has a field that is neither (name, type) nor (name, type, shape)");
    }
    const [label, descr, shape] = parts as readonly Literal[];
    const plain = dtypeOfDescr(descr);
    const stored = shape === undefined ? plain : repeated(plain, shape);
    if (label !== "" || (stored.dtype.base ?? stored.dtype).kind !== "void") {
      const { title, name } = namesOf(label);
      for (const word of title === null ? [name] : [name, title]) {
        if (taken.has(word)) throw corrupt(`has two fields ${JSON.stringify(word)}`);
        taken.add(word);
      }
      fields.push({ name, title, offset, dtype: stored.dtype, byteOrder: stored.byteOrder });
    }
    offset += stored.dtype.itemsize;
  }
  return structDType(fields, offset);
}

function namesOf(label: Literal | undefined): { title: string | null; name: string } {
  if (typeof label === "string") return { title: null, name: label };
  if (label instanceof LiteralTuple) {
    const [title, name] = label.items;
    if (label.items.length === 2 && typeof title === "string" && typeof name === "string") {
      return { title, name };
    }
  }
  throw corrupt("has a field whose name is no text");
}
