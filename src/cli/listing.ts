/**
 * A checkpoint as a person reads it in a terminal.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { OutlineEntry } from "../checkpoint/outline.ts";
import { uniqueTensors } from "../checkpoint/outline.ts";
import { PyObject } from "../pickle/values.ts";
import type { Storage } from "../tensor/storage.ts";
import { withParts } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { showText } from "../text/escape.ts";
import type { Io } from "./io.ts";
import { paint } from "./paint.ts";
import { tableLines } from "./table.ts";
import type { Cell, Column } from "./table.ts";
import { formatBytes, formatCount, formatShortCount } from "./units.ts";

/** What a listing shows. */
export interface ListingOptions {
  /** Whether a tensor is listed. */
  readonly keep: (name: string) => boolean;
  /** The tree of containers. */
  readonly tree: boolean;
  /** The values that are no tensors. */
  readonly values: boolean;
  /** Statistics of every tensor. */
  readonly stats: boolean;
  /** A digest of every tensor. */
  readonly sha256: boolean;
}

/** Writes the listing of one file. */
export async function listCheckpoint(
  file: string,
  checkpoint: Checkpoint,
  options: ListingOptions,
  io: Io,
): Promise<void> {
  const color = io.color("stdout");
  const width = io.isTerminal("stdout") ? io.columns : undefined;
  const entries = [...checkpoint.outline()];
  const all = [...uniqueTensors(entries)];
  const shown = all.filter(({ path }) => options.keep(path));
  io.stdout(`${headline(file, checkpoint, entries, color)}\n`);
  for (const warning of checkpoint.warnings) io.stdout(`note: ${showText(warning)}\n`);
  if (options.tree) {
    const { treeLines } = await import("./tree.ts");
    io.stdout("\n");
    for (const line of treeLines(entries, checkpoint, width)) io.stdout(`${line}\n`);
  } else if (shown.length > 0) {
    io.stdout("\n");
    const { columns, cells } = await tableOf(shown, options);
    for (const line of tableLines(columns, cells, { width, color })) io.stdout(`${line}\n`);
  }
  if (options.values) {
    const { valueLines } = await import("./tree.ts");
    const lines = [...await valueLines(entries, checkpoint, width)];
    if (lines.length > 0) io.stdout("\n");
    for (const line of lines) io.stdout(`${line}\n`);
  }
  if (entries.some((entry) => entry.kind === "open" && entry.value instanceof PyObject)) {
    const { objectLines } = await import("./objects.ts");
    const lines = [...objectLines(entries, checkpoint)];
    if (lines.length > 0) io.stdout(`\n${lines.join("\n")}\n`);
  }
  io.stdout("\n");
  for (const line of summaryLines(all, shown, entries, options)) io.stdout(`${line}\n`);
}

function headline(
  file: string,
  checkpoint: Checkpoint,
  entries: readonly OutlineEntry[],
  color: boolean,
): string {
  const packed = checkpoint.compression === "none" ? "" : `, ${checkpoint.compression}`;
  const name = paint(color, "bold", showText(file, { max: 400, cut: "middle" }));
  const format = `${checkpoint.format}${packed}, ${formatBytes(checkpoint.size)}`;
  return `${name}  ${format}${libraryVersion(entries)}`;
}

/** scikit-learn notes its version in every estimator: models rarely load in another. */
function libraryVersion(entries: readonly OutlineEntry[]): string {
  for (const entry of entries) {
    if (entry.kind !== "leaf" || typeof entry.value !== "string") continue;
    if (/(^|\.)_sklearn_version$/.test(entry.path)) {
      return `, scikit-learn ${showText(entry.value, { max: 40 })}`;
    }
  }
  return "";
}

type Listed = Extract<OutlineEntry, { kind: "tensor" }>;

const COLUMNS: readonly Column[] = [
  { title: "name", flexible: true },
  { title: "dtype" },
  { title: "shape" },
  { title: "size", align: "right" },
  { title: "" },
];

async function tableOf(
  shown: readonly Listed[],
  options: ListingOptions,
): Promise<{ columns: readonly Column[]; cells: Cell[][] }> {
  const cells: Cell[][] = shown.map(({ path, tensor, aliasOf, moduleName }) => [
    path,
    shortDType(tensor),
    shapeText(tensor),
    tensor.dtype.objects ? "" : formatBytes(tensor.nbytes),
    { text: remarks(path, tensor, aliasOf, moduleName), style: "dim" },
  ]);
  if (!options.stats && !options.sha256) return { columns: COLUMNS, cells };
  const { addNumbers } = await import("./listing_numbers.ts");
  return await addNumbers(COLUMNS, cells, shown.map(({ tensor }) => tensor), options);
}

/** A structured dtype would fill lines. */
function shortDType({ dtype }: Tensor): string {
  return dtype.kind === "struct" ? `struct of ${dtype.fields!.length}` : dtype.name;
}

function shapeText(tensor: Tensor): string {
  if (tensor.layout.startsWith("nested")) return "nested";
  return tensor.shape.length === 0 ? "scalar" : tensor.shape.join(" × ");
}

/** What is worth saying of a tensor beyond its row. */
function remarks(
  path: string,
  tensor: Tensor,
  aliasOf: string | undefined,
  moduleName: string | undefined,
): string {
  const words: string[] = [];
  if (moduleName !== undefined && moduleName !== path) words.push(`${moduleName} in state_dict()`);
  if (aliasOf !== undefined) words.push(`= ${aliasOf || "the root"}`);
  if (tensor.layout !== "strided") words.push(tensor.layout);
  if (tensor.device === "meta") words.push("meta");
  if (!tensor.isComposite && tensor.order !== "C") {
    words.push(tensor.order === "F" ? "column-major" : "strided");
  }
  if (tensor.conj) words.push("conj");
  if (tensor.neg) words.push("neg");
  if (tensor.parameter) words.push("parameter");
  if (tensor.className !== null) words.push(tensor.className);
  return words.join(", ");
}

/** Groups of names over one storage that a listing names. */
const GROUPS_SHOWN = 10;

function* summaryLines(
  all: readonly Listed[],
  shown: readonly Listed[],
  entries: readonly OutlineEntry[],
  options: ListingOptions,
): Generator<string> {
  const { stored, used, groups } = storageUse(all);
  const parameters = all.reduce((sum, { tensor }) => sum + tensor.numel, 0);
  const listed = shown.length === all.length ? "" : `${formatCount(shown.length)} of `;
  yield `${listed}${formatCount(all.length)} tensors, ${
    formatShortCount(parameters)
  } parameters, ` +
    `${formatBytes(used)} used of ${formatBytes(stored)} stored`;
  if (groups.length > 0) {
    yield `shared storage (${groups.length}):`;
    for (const names of groups.slice(0, GROUPS_SHOWN)) yield `  ${groupText(names)}`;
    if (groups.length > GROUPS_SHOWN) yield `  … and ${groups.length - GROUPS_SHOWN} more`;
  }
  const leaves = entries.filter(({ kind }) => kind === "leaf" || kind === "empty").length;
  if (leaves > 0 && !options.values && !options.tree) {
    yield `${formatCount(leaves)} other values; --values shows them`;
  }
}

const NAMES_SHOWN = 6;

function groupText(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => showText(name));
  const rest = names.length - NAMES_SHOWN;
  return shown.join("  ·  ") + (rest > 0 ? `  · and ${rest} more` : "");
}

/** Bytes of the distinct storages, what the tensors cover of them, and who shares one. */
function storageUse(all: readonly Listed[]): {
  stored: number;
  used: number;
  groups: string[][];
} {
  const names = new Map<Storage, string[]>();
  const covered = new Map<Storage, number>();
  for (const { path, tensor } of all) {
    for (const part of withParts(tensor)) {
      const { storage } = part;
      if (!storage) continue;
      const group = names.get(storage) ?? [];
      if (group[group.length - 1] !== path) group.push(path);
      names.set(storage, group);
      covered.set(storage, (covered.get(storage) ?? 0) + part.nbytes);
    }
  }
  let stored = 0;
  let used = 0;
  for (const [storage, bytes] of covered) {
    stored += storage.nbytes;
    used += Math.min(bytes, storage.nbytes);
  }
  return { stored, used, groups: [...names.values()].filter((group) => group.length > 1) };
}
