/**
 * The canonical text of a value graph, as `fixtures/generate/random_pickles.py` writes it.
 *
 * @module
 */

import { PyDict, PySet } from "../../src/pickle/dict.ts";
import {
  PyBytes,
  PyFloat,
  PyGlobal,
  type PyObject,
  PyPersistent,
  PyTuple,
} from "../../src/pickle/values.ts";
import type { PyValue } from "../../src/pickle/values.ts";

/** A piece of text among the values that are left to write. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The text; containers that are met again are `@n`. */
export function canonicalText(root: PyValue): string {
  const out: string[] = [];
  const seen = new Map<PyValue, number>();
  const stack: (PyValue | Raw)[] = [root];
  while (stack.length > 0) {
    const value = stack.pop()!;
    if (value instanceof Raw) {
      out.push(value.text);
      continue;
    }
    const atom = atomText(value);
    if (atom !== undefined) {
      out.push(atom);
      continue;
    }
    const known = seen.get(value);
    if (known !== undefined) {
      out.push(`@${known}`);
      continue;
    }
    seen.set(value, seen.size);
    const kids = partsText(value, out);
    for (let i = kids.length - 1; i >= 0; i--) stack.push(kids[i]!);
  }
  return out.join(" ");
}

function atomText(value: PyValue): string | undefined {
  if (value === null) return "N";
  if (typeof value === "boolean") return value ? "T" : "F";
  if (typeof value === "bigint") return `i${value}`;
  if (typeof value === "number") return Number.isInteger(value) ? `i${value}` : floatText(value);
  if (value instanceof PyFloat) return floatText(value.value);
  if (typeof value === "string") return `s${pythonJson(value)}`;
  if (value instanceof PyBytes && value.kind === "bytes") return `b${hexOf(value.data!)}`;
  if (value instanceof PyGlobal) return `g${pythonJson(value.fullName)}`;
  if (value instanceof PyTuple && value.items.length === 0) return "()";
  return undefined;
}

function partsText(value: PyValue, out: string[]): (PyValue | Raw)[] {
  if (value instanceof PyBytes) {
    out.push(`a${hexOf(value.data!)}`);
    return [];
  }
  if (Array.isArray(value)) {
    out.push("[");
    return [...value, new Raw("]")];
  }
  if (value instanceof PyTuple) {
    out.push("(");
    return [...value.items, new Raw(")")];
  }
  if (value instanceof PyDict) {
    out.push("{");
    return [...value.pairs(), new Raw("}")];
  }
  if (value instanceof PySet) {
    const texts = value.values().map(canonicalText).sort(byCodePoint);
    out.push(`${value.frozen ? "Z" : "S"}<${texts.join(" ")}>`);
    return [];
  }
  if (value instanceof PyPersistent) {
    out.push("p");
    return [value.id];
  }
  const object = value as PyObject;
  out.push(`o${pythonJson(object.calleeName)}`);
  const raw = (text: string) => new Raw(text);
  return [
    raw("("),
    ...object.args.items,
    raw(")"),
    raw("{"),
    ...object.kwargs?.pairs() ?? [],
    raw("}"),
    raw("["),
    ...object.states ?? [],
    raw("]"),
    raw("["),
    ...object.items ?? [],
    raw("]"),
    raw("["),
    ...object.entries?.pairs() ?? [],
    raw("]"),
  ];
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return "fnan";
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return `f${hexOf(new Uint8Array(view.buffer))}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** JSON as Python's `json.dumps` writes it: everything beyond ASCII as `\uXXXX`. */
function pythonJson(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const plain = code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c;
    if (plain) out += text[i];
    else out += SHORT.get(code) ?? `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return `${out}"`;
}

const SHORT: ReadonlyMap<number, string> = new Map([
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
]);

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
