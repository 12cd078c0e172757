/**
 * How a place in a value tree is spelled: components joined with dots.
 *
 * @module
 */

import { PyBytes, PyFloat, PyObject, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyLeaf } from "../pickle/view.ts";

/** `parent.component`; the root's name is empty and adds no dot. */
export function joinPath(parent: string, component: string): string {
  return parent === "" ? component : `${parent}.${component}`;
}

/** Depth to which a tuple key is spelled out. */
const KEY_DEPTH = 16;

/**
 * A dict key as a component: text as it is, numbers as Python prints them, bytes as `b'..'`, a
 * tuple as `(a,b)`, any other key by its position as `#n`. `reduce` tells what a call node stands
 * for: a number of numpy is spelled as the number.
 */
export function keyComponent(
  key: PyValue,
  position: number,
  reduce: (value: PyValue) => PyValue = (same) => same,
  depth = 0,
): string {
  if (typeof key === "string") return key;
  if (key === null) return "None";
  if (typeof key === "boolean") return key ? "True" : "False";
  if (typeof key === "bigint") return String(key);
  if (typeof key === "number") return Number.isInteger(key) ? String(key) : pythonFloat(key);
  if (key instanceof PyFloat) return pythonFloat(key.value);
  if (key instanceof PyBytes && key.data && key.kind === "bytes") return pythonBytes(key.data);
  if (key instanceof PyTuple && depth < KEY_DEPTH) {
    return `(${key.items.map((part, i) => keyComponent(part, i, reduce, depth + 1)).join(",")})`;
  }
  if (key instanceof PyObject) {
    const scalar = reduce(key);
    if (scalar instanceof PyLeaf && scalar.item !== undefined) {
      return keyComponent(scalar.item, position);
    }
  }
  return `#${position}`;
}

/** A float as Python's `repr` prints it: `1.0`, `1e-05`, `1e+16`, `inf`, `nan`. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    // JavaScript turns to exponents below 1e-6 and at 1e21, so both notations agree in here
    // but for the point of a whole number.
    const plain = String(value).includes("e")
      ? value.toFixed(-power + mantissa.length)
      : String(value);
    return plain.includes(".") ? plain : `${plain}.0`;
  }
  const sign = power < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** Bytes as Python's `repr` prints them. */
export function pythonBytes(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  let text = `b${quote}`;
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === "\\" || char === quote) text += `\\${char}`;
    else if (byte === 9) text += "\\t";
    else if (byte === 10) text += "\\n";
    else if (byte === 13) text += "\\r";
    else if (byte < 0x20 || byte > 0x7e) text += `\\x${byte.toString(16).padStart(2, "0")}`;
    else text += char;
  }
  return text + quote;
}

/** Tells equal components of one node apart: the later ones get `~1`, `~2`, … */
export function distinguish(component: string, seen: Map<string, number>): string {
  const times = seen.get(component) ?? 0;
  seen.set(component, times + 1);
  return times === 0 ? component : `${component}~${times}`;
}
