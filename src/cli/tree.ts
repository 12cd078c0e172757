/**
 * The value tree as a person reads it.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { OutlineEntry } from "../checkpoint/outline.ts";
import { leafJson } from "../pickle/tagged.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyLeaf } from "../pickle/view.ts";
import { describeValues } from "./document_values.ts";
import { showText } from "../text/escape.ts";
import { jsonText } from "../text/json.ts";
import type { JsonValue } from "../text/json.ts";
import { formatBytes, formatCount } from "./units.ts";

/** Lines of one container that a tree shows before it counts the rest. */
const MAX_CHILDREN = 200;

/** Columns of a value. */
const VALUE_WIDTH = 100;

/** One line a node, indented by its depth. */
export function* treeLines(
  entries: readonly OutlineEntry[],
  checkpoint: Checkpoint,
  width: number | undefined,
): Generator<string> {
  const children = new Map<string, number>();
  const parents: string[] = [];
  for (const entry of entries) {
    while (parents.length > 0 && !isChild(entry.path, parents[parents.length - 1]!)) parents.pop();
    const parent = parents[parents.length - 1];
    const name = parent === undefined || parent === ""
      ? entry.path
      : entry.path.slice(parent.length + 1);
    if (entry.kind === "open") parents.push(entry.path);
    if (parent !== undefined) {
      const count = (children.get(parent) ?? 0) + 1;
      children.set(parent, count);
      if (count === MAX_CHILDREN + 1) yield `${"  ".repeat(parents.length)}…`;
      if (count > MAX_CHILDREN) continue;
    }
    const depth = entry.kind === "open" ? parents.length - 1 : parents.length;
    const line = `${"  ".repeat(Math.min(depth, 40))}${showText(name || "·")}  ${
      nodeText(entry, checkpoint)
    }`;
    yield width === undefined ? line : showText(line, { max: width });
  }
}

function isChild(path: string, parent: string): boolean {
  return parent === "" || path.startsWith(`${parent}.`);
}

function nodeText(entry: OutlineEntry, checkpoint: Checkpoint): string {
  if (entry.kind === "open") return `${showText(entry.label)} (${formatCount(entry.size)})`;
  if (entry.kind === "empty") return `${showText(entry.label)} (empty)`;
  if (entry.kind === "ref") return `= ${showText(entry.target || "the root")}`;
  if (entry.kind === "tensor") {
    const { dtype, shape } = entry.tensor;
    return `${showText(dtype.name)} [${shape.join(", ")}] ${formatBytes(entry.tensor.nbytes)}`;
  }
  return valueText(entry, checkpoint);
}

function valueText(entry: Extract<OutlineEntry, { kind: "leaf" }>, checkpoint: Checkpoint): string {
  const { value } = entry;
  if (typeof value === "string") return showText(JSON.stringify(value), { max: VALUE_WIDTH });
  const plain = leafWords(value);
  if (plain !== undefined) return showText(plain, { max: VALUE_WIDTH });
  const json = leafJson(value, checkpoint.reduce);
  return json === undefined ? "…" : showText(jsonText(json), { max: VALUE_WIDTH });
}

/** A number, a date, a path and their like in words; the tagged form is for programs. */
function leafWords(value: PyValue): string | undefined {
  if (!(value instanceof PyLeaf)) return undefined;
  const { js, tag, json } = value;
  if (tag === "$np") {
    const isPlain = typeof js === "number" || typeof js === "bigint" || typeof js === "boolean";
    return isPlain ? `${js}  (numpy ${jsonText(json).replaceAll('"', "")})` : undefined;
  }
  return typeof js === "string" ? `${js}  (${tag.slice(1)})` : undefined;
}

/** `path = value`, of every value that is no tensor. */
export async function valueLines(
  entries: readonly OutlineEntry[],
  checkpoint: Checkpoint,
  width: number | undefined,
): Promise<string[]> {
  const values: ReadonlyMap<string, JsonValue> = await describeValues(entries, checkpoint.reduce);
  const words = new Map<string, string>();
  for (const entry of entries) {
    const text = entry.kind === "leaf" ? leafWords(entry.value) : undefined;
    if (text !== undefined) words.set(entry.path, text);
  }
  const lines: string[] = [];
  for (const [path, json] of values) {
    const text = showText(words.get(path) ?? jsonText(json), { max: width ?? 1600 });
    lines.push(`${showText(path || "(root)")} = ${text}`);
  }
  return lines;
}
