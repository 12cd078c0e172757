/**
 * Walks value graphs without recursion.
 *
 * @module
 */

import { PyDict, PySet } from "../pickle/dict.ts";
import { PyObject, PyPersistent, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";

/** What a container holds; undefined for a value that is none. */
export function partsOf(value: PyValue): readonly PyValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof PyDict) return value.pairs();
  if (value instanceof PySet) return value.values();
  if (value instanceof PyPersistent) return [value.id];
  if (!(value instanceof PyObject)) return undefined;
  const { callee, args, kwargs, states, items, entries } = value;
  return [callee, args, kwargs, states, items, entries].filter((part) => part !== null);
}

/** Containers that are walked: each takes memory until the walk ends. */
const MAX_CONTAINERS = 1_000_000;

/** The containers below a value, each once, up to a million of them. */
export function* containers(root: PyValue): Generator<PyValue> {
  const seen = new Set<PyValue>();
  const work = [root];
  while (work.length > 0 && seen.size < MAX_CONTAINERS) {
    const value = work.pop()!;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    const parts = partsOf(value);
    if (!parts) continue;
    seen.add(value);
    yield value;
    for (let i = parts.length - 1; i >= 0; i--) work.push(parts[i]!);
  }
}
