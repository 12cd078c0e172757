/**
 * Which shard a node belongs to: what it stands for only that shard's format can tell.
 *
 * @module
 */

import { PyDict, PySet } from "../../pickle/dict.ts";
import { PyObject, PyPersistent, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";

type Reduce = (value: PyValue) => PyValue;

/** Notes the nodes below some values, and gives them to the function that knows them. */
export class Owners {
  private readonly owners = new Map<PyValue, Reduce>();

  /** Notes all nodes below `root`, and shows each to `visit`. */
  claim(root: PyValue, reduce: Reduce, visit?: (value: PyValue) => void): void {
    const work = [root];
    for (let value = work.pop(); value !== undefined; value = work.pop()) {
      if (typeof value !== "object" || value === null || this.owners.has(value)) continue;
      this.owners.set(value, reduce);
      visit?.(value);
      for (const part of rawParts(value)) if (part !== undefined) work.push(part);
    }
  }

  /** What a node stands for; a value that nobody claimed is itself. */
  readonly reduce: Reduce = (value) => this.owners.get(value)?.(value) ?? value;
}

/** Everything that a node holds, as the pickle has it. */
function rawParts(value: PyValue): readonly (PyValue | undefined)[] {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof PyDict) return value.pairs();
  if (value instanceof PySet) return value.values();
  if (value instanceof PyPersistent) return [value.id];
  if (!(value instanceof PyObject)) return [];
  const { callee, args, kwargs, states, items, entries, setters } = value;
  return [callee, args, kwargs, states, items, entries, setters].map((part) => part ?? undefined);
}
