/**
 * Edits a value tree without touching the bytes of its tensors: entries dropped, renamed, replaced.
 *
 * Only containers on the way to a change are made anew; everything else stays the very node that
 * was read, so that it is written as it was. Sharing and cycles survive.
 *
 * @module
 */

import { joinPath } from "../checkpoint/paths.ts";
import { partsOf } from "../checkpoint/parts.ts";
import { StateDictError } from "../errors.ts";
import type { PyValue } from "../pickle/values.ts";
import { Tensor } from "../tensor/tensor.ts";
import { canHoldNames, fillShell, makeShell } from "./shells.ts";
import type { Part } from "./shells.ts";

/** What is done to each entry: a tensor, or a value without parts. */
export interface TreeEdits {
  /** Whether the entry stays. */
  readonly keep?: (path: string) => boolean;
  /** Its new path; `parent` is the path of the container that it lies in. */
  readonly rename?: (path: string, parent: string) => string;
  /** The tensor that takes a tensor's place; the same one if nothing is to change. */
  readonly replace?: (path: string, tensor: Tensor) => Tensor;
}

/** A tree after its edits, and what they were. */
export interface EditedTree {
  /** The root. */
  readonly value: PyValue;
  /** Paths of entries that are gone. */
  readonly dropped: readonly string[];
  /** Old and new path of each entry that moved. */
  readonly renamed: readonly (readonly [string, string])[];
  /** Paths of tensors that were replaced. */
  readonly replaced: readonly string[];
}

/** A place in the tree. */
interface Node {
  readonly path: string;
  readonly component: string;
  readonly parent: Node | null;
  /** The node as it was read. */
  readonly value: PyValue;
  readonly reduced: PyValue;
  readonly children: Node[];
  /** Where this very object was met first. */
  readonly first: Node | null;
  keep: boolean;
  dirty: boolean;
  /** The container made anew, or the replacement. */
  made: PyValue;
  newPath: string;
}

/** Applies the edits to the tree below `root`. */
export function editTree(
  root: PyValue,
  reduce: (value: PyValue) => PyValue,
  edits: TreeEdits,
): EditedTree {
  const nodes = listNodes(root, reduce);
  const dropped: string[] = [];
  const renamed: [string, string][] = [];
  const replaced: string[] = [];
  for (const node of nodes) {
    if (node.children.length > 0) continue;
    node.keep = edits.keep?.(node.path) ?? true;
    if (!node.keep) dropped.push(node.path);
    else {
      node.newPath = edits.rename?.(node.path, node.parent?.path ?? "") ?? node.path;
      if (node.newPath !== node.path) renamed.push([node.path, node.newPath]);
      if (node.reduced instanceof Tensor && edits.replace) {
        const tensor = edits.replace(node.path, node.reduced);
        if (tensor !== node.reduced) {
          node.made = tensor;
          node.dirty = true;
          replaced.push(node.path);
        }
      }
    }
    node.dirty ||= !node.keep || node.newPath !== node.path;
  }
  settle(nodes);
  // The root stays as long as anything does, even if all of it moved up to it.
  nodes[0]!.keep = nodes.some((node) => node.children.length === 0 && node.keep);
  if (!nodes[0]!.keep) {
    throw new StateDictError("usage", "Nothing is left after these edits", {
      hint: "look at the names with inspect",
    });
  }
  return { value: rebuild(nodes, reduce), dropped, renamed, replaced };
}

function listNodes(root: PyValue, reduce: (value: PyValue) => PyValue): Node[] {
  const nodes: Node[] = [];
  const seen = new Map<PyValue, Node>();
  const add = (value: PyValue, parent: Node | null, component: string): Node => {
    const reduced = reduce(value);
    const shared = typeof value === "object" && value !== null;
    const first = shared && !(reduced instanceof Tensor) ? seen.get(value) ?? null : null;
    const path = parent ? joinPath(parent.path, component) : component;
    const node: Node = {
      path,
      component,
      parent,
      value,
      reduced,
      children: [],
      first,
      keep: true,
      dirty: false,
      made: value,
      newPath: path,
    };
    if (shared && !first) seen.set(value, node);
    return node;
  };
  const work = [add(root, null, "")];
  for (let node = work.pop(); node; node = work.pop()) {
    nodes.push(node);
    if (node.first || node.reduced instanceof Tensor) continue;
    for (const [component, value] of partsOf(node.reduced, reduce)?.children ?? []) {
      node.children.push(add(value, node, component));
    }
    for (let i = node.children.length - 1; i >= 0; i--) work.push(node.children[i]!);
  }
  return nodes;
}

/** A container that nothing is left in goes too; one with a change in it is made anew. */
function settle(nodes: readonly Node[]): void {
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (node.children.length === 0) continue;
    node.keep = node.children.some((child) => child.keep && componentIn(node, child) !== undefined);
    node.dirty = node.children.some((child) => child.dirty);
  }
  // A second way to a changed container leads to the new one.
  for (let again = true; again;) {
    again = false;
    for (const { first, parent } of nodes) {
      if (!first?.dirty) continue;
      for (let above = parent; above && !above.dirty; above = above.parent) {
        above.dirty = true;
        again = true;
      }
    }
  }
}

function rebuild(nodes: readonly Node[], reduce: (value: PyValue) => PyValue): PyValue {
  const containers = nodes.filter((node) => node.dirty && node.children.length > 0);
  for (const node of containers) node.made = makeShell(node.value, node.reduced);
  for (const node of nodes) if (node.first) node.made = node.first.made;
  const parts = new Map<Node, Part[]>(containers.map((node) => [node, []]));
  const moved: Node[] = [];
  for (const node of containers) {
    node.children.forEach((child, index) => {
      if (!child.keep) return;
      const component = componentIn(node, child);
      if (component === undefined) moved.push(child);
      else {parts.get(node)!.push({
          index,
          component,
          value: child.made,
          renamed: component !== child.component,
        });}
    });
  }
  for (const node of moved) place(node, containers, parts);
  for (const node of containers) {
    checkNames(node, parts.get(node)!);
    fillShell(node.made, node.value, node.reduced, parts.get(node)!, reduce);
  }
  return nodes[0]!.made;
}

/** A child's component in its old container after renaming; undefined if it moves elsewhere. */
function componentIn(parent: Node, child: Node): string | undefined {
  if (child.children.length > 0 || child.newPath === child.path) return child.component;
  if (parent.path === "") return canHoldNames(parent.reduced) ? child.newPath : undefined;
  const prefix = `${parent.path}.`;
  return child.newPath.startsWith(prefix) && canHoldNames(parent.reduced)
    ? child.newPath.slice(prefix.length)
    : undefined;
}

/** Puts an entry that moved into the deepest dict that its new path leads through. */
function place(node: Node, containers: readonly Node[], parts: Map<Node, Part[]>): void {
  let best: Node | undefined;
  for (const container of containers) {
    if (!canHoldNames(container.reduced)) continue;
    const fits = container.path === "" || node.newPath.startsWith(`${container.path}.`);
    if (fits && (!best || container.path.length > best.path.length)) best = container;
  }
  if (!best) {
    throw new StateDictError(
      "usage",
      `There is no dict to put ${JSON.stringify(node.newPath)} into`,
    );
  }
  const component = best.path === "" ? node.newPath : node.newPath.slice(best.path.length + 1);
  parts.get(best)!.push({ index: -1, component, value: node.made, renamed: true });
}

/** Two entries under one new name would lose one of them. */
function checkNames(node: Node, parts: readonly Part[]): void {
  const names = new Set<string>();
  for (const { component, renamed } of parts) {
    if (
      names.has(component) &&
      (renamed || parts.some((part) => part.renamed && part.component === component))
    ) {
      throw new StateDictError(
        "conflict",
        `Two entries would be named ${JSON.stringify(joinPath(node.path, component))}`,
        { hint: "make the renaming tell them apart" },
      );
    }
    names.add(component);
  }
}
