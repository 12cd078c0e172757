/**
 * The tree of a distributed checkpoint, from the paths of its flat names.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import type { PyValue } from "../../pickle/values.ts";
import { quoted } from "../../text/quoted.ts";
import type { PathPart } from "./dcp_metadata.ts";

/** A container to be. */
class Branch {
  readonly children = new Map<PathPart, Branch | { readonly value: PyValue }>();
  /** What it has become. */
  made: PyValue[] | PyDict = [];

  /** A list has the indices from 0 on, in any order. */
  get isList(): boolean {
    const { children } = this;
    const last = children.size - 1;
    for (const key of children.keys()) if (typeof key === "string" || key > last) return false;
    return children.size > 0;
  }
}

/** Puts each value at its path. @throws `corrupt` where two want the same place. */
export function buildTree(
  values: ReadonlyMap<string, PyValue>,
  paths: ReadonlyMap<string, readonly PathPart[]>,
): PyValue {
  const root = new Branch();
  const branches = [root];
  // The paths stand in the order of the tree; the catalogue is in an order of its own.
  const names = new Set([...paths.keys()].filter((name) => values.has(name)));
  for (const name of values.keys()) names.add(name);
  for (const name of names) {
    const path = paths.get(name) ?? [name];
    let branch = root;
    for (const part of path.slice(0, -1)) {
      const known = branch.children.get(part);
      if (known && !(known instanceof Branch)) throw taken(name);
      const next = known ?? new Branch();
      if (!known) {
        branch.children.set(part, next);
        branches.push(next);
      }
      branch = next;
    }
    const last = path[path.length - 1]!;
    if (branch.children.has(last)) throw taken(name);
    branch.children.set(last, { value: values.get(name)! });
  }
  // What was saved is a dict always, whatever its keys.
  for (const branch of branches) branch.made = branch.isList && branch !== root ? [] : new PyDict();
  for (const branch of branches) fill(branch);
  return root.made;
}

function taken(name: string): StateDictError {
  return new StateDictError(
    "corrupt",
    `The catalogue puts two things at the path of ${quoted(name)}`,
  );
}

function fill({ children, made }: Branch): void {
  for (const [key, child] of children) {
    const value = child instanceof Branch ? child.made : child.value;
    if (made instanceof PyDict) made.set(key, value);
    else made[key as number] = value;
  }
}
