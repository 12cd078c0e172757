/**
 * The words of a listing: what stands over the tensors, in their rows and below them.
 *
 * @module
 */

import { showText } from "../text/escape.ts";
import type { Cell, Column, Paint } from "./table.ts";
import { formatBytes, formatCount, formatShortCount } from "./units.ts";

/** The first line. */
export function headline(file: string, format: string, size: number, paint?: Paint): string {
  const shown = showText(file, { max: 400, cut: "middle" });
  const name = paint ? paint("bold", shown) : shown;
  return `${name}  ${format}, ${formatBytes(size)}`;
}

/** The columns of every listing. */
export const COLUMNS: readonly Column[] = [
  { title: "name", flexible: true },
  { title: "dtype" },
  { title: "shape" },
  { title: "size", align: "right" },
  { title: "" },
];

/** The row of a tensor. `size` is empty where nothing can be said of bytes. */
export function tensorRow(
  path: string,
  dtype: string,
  shape: string,
  size: string,
  remarks: readonly string[],
): Cell[] {
  const remark: Cell = remarks.length === 0 ? "" : { text: remarks.join(", "), style: "dim" };
  return [path, dtype, shape, size, remark];
}

/** `2 × 3`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join(" × ");
}

/** The remark on a tensor that was met before under another name. */
export function aliasRemark(aliasOf: string): string {
  return `= ${aliasOf || "the root"}`;
}

/** The remark on elements that aren't row-major. */
export function orderRemark(order: "F" | "K"): string {
  return order === "F" ? "column-major" : "strided";
}

/** What a tensor covers of a storage. */
export interface StorageUse<Storage> {
  /** The tensor. */
  readonly path: string;
  /** The storage. */
  readonly storage: Storage;
  /** The tensor's own bytes. */
  readonly nbytes: number;
}

/** What the last lines tell. */
export interface Totals {
  /** Tensors in all. */
  readonly tensors: number;
  /** Tensors that are listed. */
  readonly shown: number;
  /** Elements of all tensors. */
  readonly parameters: number;
  /** Values that aren't listed. */
  readonly leaves: number;
  /** Sub-trees right below the root, with the tensors that each holds. */
  readonly roots: ReadonlyMap<string, number>;
}

/**
 * The sub-trees right below the root that hold tensors: what `--root` may take.
 *
 * @param containers Paths of all containers, depth first.
 */
export function rootsOf(
  containers: Iterable<string>,
  tensors: Iterable<string>,
): Map<string, number> {
  const counts = new Map<string, number>();
  let last: string | undefined;
  for (const path of containers) {
    if (path === "" || (last !== undefined && path.startsWith(`${last}.`))) continue;
    counts.set(last = path, 0);
  }
  if (counts.size === 0) return counts;
  for (const path of tensors) {
    for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) {
      const count = counts.get(path.slice(0, dot));
      if (count === undefined) continue;
      counts.set(path.slice(0, dot), count + 1);
      break;
    }
  }
  for (const [path, count] of counts) if (count === 0) counts.delete(path);
  return counts;
}

/** Groups of names over one storage that a listing names. */
const GROUPS_SHOWN = 10;

/** The lines below the tensors. */
export function* summaryLines<Storage extends { readonly nbytes: number }>(
  totals: Totals,
  uses: Iterable<StorageUse<Storage>>,
): Generator<string> {
  const { tensors, shown, parameters, leaves, roots } = totals;
  const { stored, used, groups } = sumUp(uses);
  const listed = shown === tensors ? "" : `${formatCount(shown)} of `;
  yield `${listed}${formatCount(tensors)} tensors, ${formatShortCount(parameters)} parameters, ` +
    `${formatBytes(used)} used of ${formatBytes(stored)} stored`;
  if (groups.length > 0) {
    yield `shared storage (${groups.length}):`;
    for (const names of groups.slice(0, GROUPS_SHOWN)) yield `  ${groupText(names)}`;
    if (groups.length > GROUPS_SHOWN) yield `  … and ${groups.length - GROUPS_SHOWN} more`;
  }
  if (roots.size > 0) yield `sub-trees for --root: ${rootsText(roots)}`;
  if (leaves > 0) yield `${formatCount(leaves)} other values; --values shows them`;
}

/** Sub-trees that a listing names. */
const ROOTS_SHOWN = 8;

function rootsText(roots: ReadonlyMap<string, number>): string {
  const shown = [...roots].slice(0, ROOTS_SHOWN);
  const rest = roots.size - shown.length;
  return shown.map(([path, count]) => `${showText(path)} (${formatCount(count)})`).join(", ") +
    (rest > 0 ? `, and ${formatCount(rest)} more` : "");
}

const NAMES_SHOWN = 6;

function groupText(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => showText(name));
  const rest = names.length - NAMES_SHOWN;
  return shown.join("  ·  ") + (rest > 0 ? `  · and ${rest} more` : "");
}

/** Bytes of the distinct storages, what the tensors cover of them, and who shares one. */
function sumUp<Storage extends { readonly nbytes: number }>(
  uses: Iterable<StorageUse<Storage>>,
): { stored: number; used: number; groups: string[][] } {
  // Most storages have one tensor: only those with more get a list of their own.
  const firsts = new Map<Storage, StorageUse<Storage>>();
  const shared = new Map<Storage, { readonly names: string[]; covered: number }>();
  for (const use of uses) {
    const first = firsts.get(use.storage);
    if (!first) {
      firsts.set(use.storage, use);
      continue;
    }
    let one = shared.get(use.storage);
    if (!one) shared.set(use.storage, one = { names: [first.path], covered: first.nbytes });
    if (one.names[one.names.length - 1] !== use.path) one.names.push(use.path);
    one.covered += use.nbytes;
  }
  let stored = 0;
  let used = 0;
  const groups: string[][] = [];
  for (const [storage, { nbytes }] of firsts) {
    const one = shared.get(storage);
    stored += storage.nbytes;
    used += Math.min(one?.covered ?? nbytes, storage.nbytes);
    if (one && one.names.length > 1) groups.push(one.names);
  }
  return { stored, used, groups };
}
