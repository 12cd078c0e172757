/**
 * Walks value graphs without recursion.
 *
 * @module
 */

import { PyDict, PySet } from "../pickle/dict.ts";
import { PyObject, PyPersistent, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyView } from "../pickle/view.ts";

/** What a container holds; undefined for a value that is none. */
export function partsOf(value: PyValue): readonly PyValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof PyDict) return value.writtenPairs();
  if (value instanceof PySet) return value.values();
  if (value instanceof PyPersistent) return [value.id];
  if (value instanceof PyView) return value.list ?? (value.dict ? [value.dict] : []);
  if (!(value instanceof PyObject)) return undefined;
  const { callee, args, kwargs, states, items, entries } = value;
  return [callee, args, kwargs, states, items, entries].filter((part) => part !== null);
}

/** The containers below a value, each once. */
export function* containers(root: PyValue): Generator<PyValue> {
  const seen = new Set<PyValue>();
  const work = [root];
  while (work.length > 0) {
    const value = work.pop()!;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    const parts = partsOf(value);
    if (!parts) continue;
    seen.add(value);
    yield value;
    for (let i = parts.length - 1; i >= 0; i--) work.push(parts[i]!);
  }
}
