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
import {
  aliasRemark,
  COLUMNS,
  headline,
  orderRemark,
  rootsOf,
  shapeText,
  summaryLines,
  tensorRow,
} from "./listing_lines.ts";
import type { StorageUse, Totals } from "./listing_lines.ts";
import type { NumbersAdded } from "./listing_numbers.ts";
import { painter } from "./paint.ts";
import type { KnownNumbers } from "./second_hand.ts";
import { tableLines } from "./table.ts";
import { formatBytes } from "./units.ts";

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
  /** What somebody else has found of a tensor. */
  readonly known?: KnownNumbers;
}

/** Writes the listing of one file; false if some tensor that was to be read can't be. */
export async function listCheckpoint(
  file: string,
  checkpoint: Checkpoint,
  options: ListingOptions,
  io: Io,
): Promise<boolean> {
  const paint = painter(io.color("stdout"));
  const width = io.isTerminal("stdout") ? io.columns : undefined;
  const entries = [...checkpoint.outline()];
  const all = [...uniqueTensors(entries)];
  const shown = all.filter(({ path }) => options.keep(path));
  const packed = checkpoint.compression === "none" ? "" : `, ${checkpoint.compression}`;
  const first = headline(file, `${checkpoint.format}${packed}`, checkpoint.size, paint);
  let unread = 0;
  io.stdout(`${first}${libraryVersion(entries)}\n`);
  for (const warning of checkpoint.warnings) io.stdout(`note: ${showText(warning)}\n`);
  if (options.tree) {
    const { treeLines } = await import("./tree.ts");
    io.stdout("\n");
    for (const line of treeLines(entries, checkpoint, width)) io.stdout(`${line}\n`);
  } else if (shown.length > 0) {
    io.stdout("\n");
    const { columns, cells, failed } = await tableOf(shown, options, io);
    unread = failed;
    for (const line of tableLines(columns, cells, { width, paint })) io.stdout(`${line}\n`);
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
  const totals = totalsOf(all, shown, entries, options);
  for (const line of summaryLines(totals, storageUses(all))) io.stdout(`${line}\n`);
  return unread === 0;
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

async function tableOf(
  shown: readonly Listed[],
  options: ListingOptions,
  io: Io,
): Promise<NumbersAdded> {
  const cells = shown.map(({ path, tensor, aliasOf, moduleName }) =>
    tensorRow(
      path,
      shortDType(tensor),
      tensor.layout.startsWith("nested") ? "nested" : shapeText(tensor.shape),
      tensor.dtype.objects ? "" : formatBytes(tensor.nbytes),
      remarks(path, tensor, aliasOf, moduleName),
    )
  );
  if (!options.stats && !options.sha256) return { columns: COLUMNS, cells, failed: 0 };
  const [{ addNumbers }, { startProgress }] = await Promise.all([
    import("./listing_numbers.ts"),
    import("./progress.ts"),
  ]);
  const total = shown.reduce((sum, { tensor }) => sum + tensor.nbytes, 0);
  const progress = startProgress(io, { label: "Reading the tensors", total });
  let done = 0;
  try {
    return await addNumbers(COLUMNS, cells, shown.map(({ tensor }) => tensor), {
      ...options,
      bars: options.stats && io.isTerminal("stdout"),
      progress: (bytes) => progress.update(done += bytes),
    });
  } finally {
    progress.end();
  }
}

/** A structured dtype would fill lines. */
function shortDType({ dtype }: Tensor): string {
  return dtype.kind === "struct" ? `struct of ${dtype.fields!.length}` : dtype.name;
}

/** What is worth saying of a tensor beyond its row. */
function remarks(
  path: string,
  tensor: Tensor,
  aliasOf: string | undefined,
  moduleName: string | undefined,
): string[] {
  const words: string[] = [];
  if (moduleName !== undefined && moduleName !== path) words.push(`${moduleName} in state_dict()`);
  if (aliasOf !== undefined) words.push(aliasRemark(aliasOf));
  if (tensor.layout !== "strided") words.push(tensor.layout);
  if (tensor.device === "meta") words.push("meta");
  const order = tensor.isComposite ? "C" : tensor.order;
  if (order !== "C") words.push(orderRemark(order));
  if (tensor.conj) words.push("conj");
  if (tensor.neg) words.push("neg");
  if (tensor.parameter) words.push("parameter");
  if (tensor.className !== null) words.push(tensor.className);
  return words;
}

function totalsOf(
  all: readonly Listed[],
  shown: readonly Listed[],
  entries: readonly OutlineEntry[],
  options: ListingOptions,
): Totals {
  const leaves = options.values || options.tree
    ? 0
    : entries.filter(({ kind }) => kind === "leaf" || kind === "empty").length;
  const parameters = all.reduce((sum, { tensor }) => sum + tensor.numel, 0);
  // Only these are spelled: the paths of a chain of 40,000 containers have a billion characters.
  const top = entries.filter(({ kind, depth }) => kind === "open" && depth === 1);
  const roots = rootsOf(top.map(({ path }) => path), all.map(({ path }) => path));
  return { tensors: all.length, shown: shown.length, parameters, leaves, roots };
}

function* storageUses(all: readonly Listed[]): Generator<StorageUse<Storage>> {
  for (const { path, tensor } of all) {
    for (const { storage, nbytes } of withParts(tensor)) {
      if (storage) yield { path, storage, nbytes };
    }
  }
}
