/**
 * What a value is made of, each part with the component that it adds to a path.
 *
 * @module
 */

import { PyDict } from "../pickle/dict.ts";
import { attributeDicts, objectClass } from "../pickle/state.ts";
import { PyForeign, PyObject, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyView } from "../pickle/view.ts";
import { Tensor } from "../tensor/tensor.ts";
import { keyComponent } from "./paths.ts";

/** The parts of a container, with their components and what kind of node it is. */
export interface Parts {
  /** `dict`, `list`, `tuple`, or the class. */
  readonly label: string;
  /** How many parts there are. */
  readonly size: number;
  /** Whether the components are positions, no two of them alike. */
  readonly numbered?: boolean;
  /** The parts. */
  readonly children: Iterable<readonly [string, PyValue]>;
}

/** The parts of a value, or undefined for one that has none. */
export function partsOf(
  value: PyValue,
  reduce: (value: PyValue) => PyValue,
): Parts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return numbered("list", value);
  if (value instanceof PyTuple) return numbered("tuple", value.items);
  if (value instanceof PyDict) {
    return { label: "dict", size: value.size, children: keyed(value, reduce) };
  }
  if (value instanceof PyView) {
    const size = (value.dict?.size ?? 0) + (value.list?.length ?? 0) + value.extra.length;
    return { label: value.kind, size, children: viewParts(value, reduce) };
  }
  if (value instanceof Tensor) {
    return value.elements ? numbered("array", value.elements) : undefined;
  }
  if (value instanceof PyObject) return objectParts(value, reduce);
  if (value instanceof PyForeign) return undefined;
  return undefined;
}

function numbered(label: string, items: readonly PyValue[]): Parts {
  return { label, size: items.length, numbered: true, children: indexed(items) };
}

function* indexed(items: readonly PyValue[]): Generator<readonly [string, PyValue]> {
  for (let i = 0; i < items.length; i++) yield [String(i), items[i]!];
}

type Reduce = (value: PyValue) => PyValue;

function* keyed(dict: PyDict, reduce: Reduce): Generator<readonly [string, PyValue]> {
  const flat = dict.pairs();
  for (let i = 0; i < flat.length; i += 2) {
    yield [keyComponent(flat[i]!, i / 2, reduce), flat[i + 1]!];
  }
}

function* viewParts(view: PyView, reduce: Reduce): Generator<readonly [string, PyValue]> {
  if (view.list) yield* indexed(view.list);
  if (view.dict) yield* keyed(view.dict, reduce);
  yield* view.extra;
}

/**
 * Arguments as `__args__.n`, then the state: attributes if it is a dict or a pair of dict or None
 * (attributes and slots), else `__state__`; then items and entries that were added.
 */
function objectParts(object: PyObject, reduce: (value: PyValue) => PyValue): Parts {
  const { name, args } = objectClass(object);
  const children: (readonly [string, PyValue])[] = [];
  args.forEach((arg, i) => children.push([`__args__.${i}`, arg]));
  if (object.kwargs) {
    for (const [key, value] of keyed(object.kwargs, reduce)) {
      children.push([`__kwargs__.${key}`, value]);
    }
  }
  if (object.states) {
    const attributes = attributeDicts(object.state!, reduce);
    if (attributes) {
      for (const dict of attributes) for (const child of keyed(dict, reduce)) children.push(child);
    } else children.push(["__state__", object.state!]);
  }
  if (object.items) { for (const child of indexed(object.items)) children.push(child); }
  if (object.entries) { for (const child of keyed(object.entries, reduce)) children.push(child); }
  return { label: name, size: children.length, children };
}
