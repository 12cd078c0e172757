/**
 * A value graph as plain JavaScript: convenient, and lossy where JavaScript has no such thing.
 *
 * @module
 */

import { PyDict, PySet } from "../pickle/dict.ts";
import {
  PyBytes,
  PyExtension,
  PyFloat,
  PyGlobal,
  PyObject,
  PyPersistent,
  PyTuple,
} from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyLeaf, PyView } from "../pickle/view.ts";
import { objectClass } from "../pickle/state.ts";
import { countElements } from "../tensor/strides.ts";
import { Tensor } from "../tensor/tensor.ts";
import { partsOf } from "./parts.ts";

/** An object that nobody built: its class, what its constructor was given, and its attributes. */
export interface InertObject {
  /** `module.Class`. */
  readonly $class: string;
  /** Its parts, by path component. */
  readonly [part: string]: unknown;
}

/**
 * Lists and tuples become arrays, dicts plain objects (or a `Map` if a key is no string), sets
 * `Set`s, bytes `Uint8Array`s, floats and ints numbers (bigint where a number would round), dates
 * and decimals text, tensors stay tensors
 * (arrays of objects become arrays), and unknown objects become {@linkcode InertObject}s.
 * Shared references and cycles stay what they are.
 */
export function toJS(root: PyValue, reduce: (value: PyValue) => PyValue = (same) => same): unknown {
  const made = new Map<PyValue, unknown>();
  const work: (() => void)[] = [];

  const convert = (value: PyValue): unknown => {
    const known = typeof value === "object" && value !== null ? made.get(value) : undefined;
    if (known !== undefined) return known;
    const reduced = reduce(value);
    const plain = scalarJS(reduced);
    if (plain !== PARTS) return plain;
    const [result, fill] = containerJS(reduced, convert, reduce);
    made.set(value, result);
    work.push(fill);
    return result;
  };
  const result = convert(root);
  // Containers are filled here and not in `convert`, so that depth costs no stack.
  for (let fill = work.pop(); fill; fill = work.pop()) fill();
  return result;
}

const PARTS = Symbol("has parts");

function scalarJS(value: PyValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof PyFloat) return value.value;
  if (value instanceof PyBytes) return value.data ?? { $bytes: value.span };
  if (value instanceof PyLeaf) return value.js;
  if (value instanceof PyGlobal) return { $global: value.fullName };
  if (value instanceof PyExtension) return { $ext: value.code };
  return PARTS;
}

type Container = readonly [result: unknown, fill: () => void];

function containerJS(
  value: PyValue,
  convert: (value: PyValue) => unknown,
  reduce: (value: PyValue) => PyValue,
): Container {
  if (Array.isArray(value)) return listJS(value, convert);
  if (value instanceof PyTuple) return listJS(value.items, convert);
  if (value instanceof PyDict) return dictJS(value, convert);
  if (value instanceof PySet) {
    const set = new Set<unknown>();
    return [set, () => value.values().forEach((item) => set.add(convert(item)))];
  }
  if (value instanceof PyView && value.shape === "dict") {
    return dictJS(value.dict ?? new PyDict(), convert);
  }
  if (value instanceof PyView && value.shape === "list") return listJS(value.list ?? [], convert);
  if (value instanceof PyPersistent) {
    const object: Record<string, unknown> = {};
    return [object, () => setOwn(object, "$persid", convert(value.id))];
  }
  if (value instanceof Tensor && value.elements) return objectsJS(value, convert);
  const parts = partsOf(value, reduce);
  if (!parts) return [value, () => {}];
  const object: Record<string, unknown> = {
    $class: value instanceof PyObject ? objectClass(value).name : parts.label,
  };
  return [object, () => {
    for (const [component, part] of parts.children) setOwn(object, component, convert(part));
  }];
}

function listJS(items: readonly PyValue[], convert: (value: PyValue) => unknown): Container {
  const list: unknown[] = [];
  return [list, () => {
    for (const item of items) list.push(convert(item));
  }];
}

/** An array of Python objects as nested arrays, one level a dimension. */
function objectsJS(
  { shape, elements }: Tensor,
  convert: (value: PyValue) => unknown,
): Container {
  if (shape.length === 0) {
    const box: unknown[] = [];
    return [box, () => box.push(convert(elements![0]!))];
  }
  const list: unknown[] = [];
  return [list, () => {
    // Of no elements there may be a billion rows.
    if (elements!.length === 0) return;
    let level: unknown[] = elements!.map(convert);
    for (let dim = shape.length - 1; dim > 0; dim--) {
      const groups: unknown[] = [];
      const count = countElements(shape.slice(0, dim));
      for (let i = 0; i < count; i++) {
        groups.push(level.slice(i * shape[dim]!, (i + 1) * shape[dim]!));
      }
      level = groups;
    }
    for (const item of level) list.push(item);
  }];
}

function dictJS(dict: PyDict, convert: (value: PyValue) => unknown): Container {
  const flat = dict.pairs();
  let plain = true;
  for (let i = 0; i < flat.length; i += 2) plain &&= typeof flat[i] === "string";
  if (!plain) {
    const map = new Map<unknown, unknown>();
    return [map, () => {
      for (const [key, item] of dict) map.set(convert(key), convert(item));
    }];
  }
  const object: Record<string, unknown> = {};
  return [object, () => {
    for (const [key, item] of dict) setOwn(object, key as string, convert(item));
  }];
}

/** Sets an own property whatever its name: `__proto__` is a key like any other here. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else {Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });}
}
