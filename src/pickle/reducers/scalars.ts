/**
 * Values of Python's standard library that have no parts: numbers, ranges, paths.
 *
 * @module
 */

import { floatJson, memberJson, numberJson } from "../tagged.ts";
import { PyFloat } from "../values.ts";
import type { PyObject, PyValue } from "../values.ts";
import { PyLeaf } from "../view.ts";
import type { ReduceContext, Reducer } from "../view.ts";

/** An int or a float as a JavaScript number; undefined for anything else. */
function numberOf(value: PyValue | undefined): number | undefined {
  if (value instanceof PyFloat) return value.value;
  return typeof value === "number" ? value : undefined;
}

function complex({ args }: PyObject): PyLeaf | undefined {
  const re = numberOf(args.items[0]);
  const im = numberOf(args.items[1] ?? 0);
  if (re === undefined || im === undefined || args.items.length > 2) return undefined;
  return new PyLeaf("$complex", [floatJson(re), floatJson(im)], { re, im });
}

/** `range(stop)`, `range(start, stop)` and `range(start, stop, step)` all read as the last. */
function range({ args }: PyObject): PyLeaf | undefined {
  const ints = args.items.filter((x) => typeof x === "number" || typeof x === "bigint");
  if (ints.length !== args.items.length || ints.length < 1 || ints.length > 3) return undefined;
  const [start, stop, step = 1] = ints.length === 1 ? [0, ints[0]!] : ints;
  return new PyLeaf("$range", [numberJson(start!), numberJson(stop!), numberJson(step)]);
}

/** The bounds may be anything; they are ints or None mostly. */
function slice({ args }: PyObject, context: ReduceContext): PyLeaf | undefined {
  if (args.items.length !== 3) return undefined;
  return new PyLeaf("$slice", args.items.map((bound) => memberJson(bound, context.reduce)));
}

/** The text as the file has it: computing `1e999999999` is what an attacker wants. */
function decimal({ args }: PyObject): PyLeaf | undefined {
  const [text] = args.items;
  return typeof text === "string" ? new PyLeaf("$decimal", text) : undefined;
}

/** `Fraction(a, b)`; older Pythons wrote `Fraction("a/b")`, or `Fraction("a")` for a whole number. */
function fraction({ args }: PyObject): PyLeaf | undefined {
  const [a, b] = args.items;
  if (typeof a === "string" && b === undefined) {
    return new PyLeaf("$fraction", /^-?\d+$/.test(a) ? `${a}/1` : a);
  }
  if (args.items.length !== 2) return undefined;
  const isInt = (x: PyValue | undefined) => typeof x === "number" || typeof x === "bigint";
  return isInt(a) && isInt(b) ? new PyLeaf("$fraction", `${a}/${b}`) : undefined;
}

/** Joins the parts as `str(path)` does: a part that is a root already ends in its separator. */
function path(object: PyObject): PyLeaf | undefined {
  const parts = object.args.items;
  if (!parts.every((part) => typeof part === "string")) return undefined;
  const name = object.calleeName.slice("pathlib.".length).replace("_local.", "");
  const separator = name.includes("Windows") ? "\\" : "/";
  let text = "";
  for (const part of parts) {
    text += text === "" || text.endsWith(separator) ? part : separator + part;
  }
  return new PyLeaf("$path", text || ".", text || ".", new Map([["class", name]]));
}

/** By the callee's Python 3 name. */
export const SCALAR_REDUCERS: readonly (readonly [string, Reducer<PyObject>])[] = [
  ["builtins.complex", complex],
  ["builtins.range", range],
  ["builtins.slice", slice],
  ["decimal.Decimal", decimal],
  ["_pydecimal.Decimal", decimal],
  ["fractions.Fraction", fraction],
  ...["Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"].flatMap(
    // Python 3.13 moved the classes to pathlib._local; 3.14 moved them back.
    (name) => [[`pathlib.${name}`, path], [`pathlib._local.${name}`, path]] as const,
  ),
];
