/**
 * What a tree holds in its own dicts and lists, and not inside objects of classes.
 *
 * @module
 */

import { PyDict } from "../../pickle/dict.ts";
import { PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PyView } from "../../pickle/view.ts";

/** Every value that is reached through dicts, lists and tuples alone. */
export function plainlyHeld(
  root: PyValue,
  reduce: (value: PyValue) => PyValue,
): ReadonlySet<PyValue> {
  const seen = new Set<PyValue>();
  const work: PyValue[] = [root];
  while (work.length > 0) {
    const value = work.pop()!;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const part of partsOf(reduce(value))) work.push(part);
  }
  return seen;
}

function partsOf(value: PyValue): Iterable<PyValue> {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof PyDict) return value.pairs();
  if (!(value instanceof PyView)) return [];
  return [...value.dict?.pairs() ?? [], ...value.list ?? []];
}
