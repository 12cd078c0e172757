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

/** Levels that are indented: deeper ones would stand beyond any screen. */
const INDENTED = 40;

/** One line a node, indented by its depth. */
export function* treeLines(
  entries: readonly OutlineEntry[],
  checkpoint: Checkpoint,
  width: number | undefined,
): Generator<string> {
  const counts: number[] = []; // of the parts met so far, by the depth of their container
  let hidden = Infinity; // what lies deeper belongs to a part that isn't shown
  for (const entry of entries) {
    const { depth, name } = entry;
    const indent = "  ".repeat(Math.min(depth, INDENTED));
    counts.length = depth + 1;
    counts[depth] = 0;
    if (depth > hidden) continue;
    hidden = Infinity;
    if (depth > 0) {
      const count = counts[depth - 1]! + 1;
      counts[depth - 1] = count;
      if (count === MAX_CHILDREN + 1) yield `${indent}…`;
      if (count > MAX_CHILDREN) {
        hidden = depth;
        continue;
      }
    }
    const line = `${indent}${showText(name || "·")}  ${nodeText(entry, checkpoint)}`;
    yield width === undefined ? line : showText(line, { max: width });
  }
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
