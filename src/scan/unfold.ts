/**
 * How large a value would be if nothing in it were shared, and how deep it is.
 *
 * @module
 */

import type { PyValue } from "../pickle/values.ts";
import { partsOf } from "./graph.ts";

/** Containers that are walked: a bomb has few, and the walk costs memory for each. */
const MAX_CONTAINERS = 200_000;

/** Parts up to which a value is called ordinary: what may be printed of it at all. */
const MAX_PARTS = 10_000_000;

/** Parts that sharing may make of each part that is there. */
const MAX_GROWTH = 1000;

/** Levels that statedict itself reads; Python's pickler writes about a tenth of them. */
const MAX_DEPTH = 10_000;

interface Open {
  readonly value: object;
  readonly parts: readonly PyValue[];
  next: number;
  size: number;
}

/**
 * Why nobody should print, copy or compare a value: it is too deep, or unfolds to a size beyond all
 * proportion. A value that holds itself never unfolds whole, so its readers mind sharing anyway.
 */
export function bombIn(root: PyValue): string | undefined {
  const sizes = new Map<object, number>();
  const open: Open[] = [];
  /** Adds a part to what is open; whether it has to be walked first. */
  const enter = (value: PyValue): boolean => {
    const parts = partsOf(value);
    if (parts === undefined || typeof value !== "object" || value === null) return false;
    open.push({ value, parts, next: 0, size: 1 });
    sizes.set(value, UNFINISHED);
    return true;
  };
  if (!enter(root)) return undefined;
  let total = 1;
  while (open.length > 0) {
    const top = open[open.length - 1]!;
    if (top.next === top.parts.length) {
      sizes.set(top.value, top.size);
      open.pop();
      total = top.size;
      const outer = open[open.length - 1];
      if (outer) outer.size += top.size;
      continue;
    }
    const part = top.parts[top.next++]!;
    const known = typeof part === "object" && part !== null ? sizes.get(part) : undefined;
    if (known === UNFINISHED) return undefined;
    if (known !== undefined) top.size += known;
    else if (!enter(part)) top.size++;
    if (open.length > MAX_DEPTH) return `The value is nested more than ${MAX_DEPTH} deep`;
    if (sizes.size > MAX_CONTAINERS) return undefined;
  }
  if (total <= MAX_PARTS || total <= MAX_GROWTH * sizes.size) return undefined;
  return `The value has ${total.toPrecision(3)} parts if what is shared counts each time`;
}

const UNFINISHED = -1;
