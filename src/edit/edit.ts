/**
 * All edits of a checkpoint in one pass: a lazy list of descriptors to a lazy list.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { catalogueOf } from "../checkpoint/checkpoint.ts";
import { subTree } from "../checkpoint/load.ts";
import type { Storage } from "../tensor/storage.ts";
import { withParts } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { caster } from "./casts.ts";
import type { CastDone } from "./casts.ts";
import { findAverages } from "./ema.ts";
import { namer } from "./rename.ts";
import type { Renaming } from "./rename.ts";
import { compact, tie, untie } from "./storages.ts";
import type { Replacements } from "./storages.ts";
import { editTree } from "./tree.ts";
import { UnusedRules } from "./watch.ts";
import type { EditRule } from "./watch.ts";

/** What is to be done, in this order. */
export interface Edits extends Renaming {
  /** Path of the sub-tree to take. */
  readonly root?: string;
  /** Averaged weights take the trained ones' place. */
  readonly ema?: boolean;
  /** Globs of the entries to keep. */
  readonly filter?: readonly string[];
  /** Globs of the entries to leave out. */
  readonly drop?: readonly string[];
  /** Dtypes: `bfloat16`, or `**.norm.*=float32`; the last rule that fits counts. */
  readonly dtype?: readonly string[];
  /** Saves of each storage only what the tensors look at. */
  readonly compact?: boolean;
  /** Gives tensors that share a storage their own. */
  readonly untie?: boolean;
  /** Lets equal tensors share one. */
  readonly tie?: boolean;
}

/** An edited checkpoint, and what was done to it. */
export interface Edited {
  /** The result; closing it closes the file. */
  readonly checkpoint: Checkpoint;
  /** Paths of entries that are gone. */
  readonly dropped: readonly string[];
  /** Old and new path of each entry that moved. */
  readonly renamed: readonly (readonly [string, string])[];
  /** Casts; their counts are filled when the bytes are read. */
  readonly casts: readonly CastDone[];
  /** Paths of trained weights, each with the path of the average that took its place. */
  readonly averaged: readonly (readonly [string, string])[];
  /** Paths of tensors that have another storage: cut, of their own, or shared. */
  readonly rehoused: readonly string[];
  /** Rules that fitted nothing. */
  readonly unused: readonly EditRule[];
  /** Sizes before and after. */
  readonly before: TreeSize;
  /** Sizes after. */
  readonly after: TreeSize;
}

/** How much a tree holds. */
export interface TreeSize {
  /** Tensors. */
  readonly tensors: number;
  /** Bytes of their distinct storages. */
  readonly bytes: number;
}

/**
 * Applies edits; nothing of the weights is read, unless `tie` has to compare them.
 *
 * @throws `conflict` if two entries would bear one name, `usage` if nothing would be left.
 *
 * @example
 * ```ts
 * import { editCheckpoint, openCheckpoint, saveCheckpoint } from "@statedict/statedict";
 *
 * await using checkpoint = await openCheckpoint("fixtures/torch/checkpoint.pt");
 * const edited = await editCheckpoint(checkpoint, { root: "model", dtype: ["bfloat16"] });
 * console.log(edited.before.bytes, edited.after.bytes);
 * const out = new TransformStream<Uint8Array, Uint8Array>();
 * const bytes = new Response(out.readable).bytes();
 * await saveCheckpoint(out.writable, edited.checkpoint, { format: "safetensors" });
 * console.log((await bytes).length, edited.casts.map(({ counts }) => counts.overflow));
 * ```
 */
export async function editCheckpoint(
  checkpoint: Checkpoint,
  edits: Edits,
  signal?: AbortSignal,
): Promise<Edited> {
  const before = sizeOf(checkpoint.tensors);
  const value = edits.root === undefined ? checkpoint.value : subTree(checkpoint, edits.root);
  const tensors = catalogueOf(checkpoint.outline(value));
  const ema = edits.ema ? findAverages(tensors, edits.root, checkpoint.tensors) : undefined;
  const unused = new UnusedRules();
  const wanted = edits.filter?.length ? unused.globs("filter", edits.filter) : () => true;
  const unwanted = unused.globs("drop", edits.drop ?? []);
  const keep = (path: string) => {
    const isUnwanted = unwanted(path);
    return wanted(path) && !isUnwanted && !ema?.isSpent(path);
  };

  const chosen = new Map<string, Tensor>();
  for (const [path, tensor] of tensors) {
    if (keep(path)) chosen.set(path, ema?.of(path) ?? tensor);
  }
  const storages = await shareStorages(chosen, edits, signal);
  const casts: CastDone[] = [];
  const rehoused: string[] = [];
  const cast = caster(edits.dtype ?? [], casts, unused);
  const replace = (path: string, tensor: Tensor): Tensor => {
    const average = ema?.of(path) ?? tensor;
    const housed = storages.get(average);
    if (housed) rehoused.push(path);
    return cast(path, housed ?? average);
  };
  const edited = editTree(value, checkpoint.reduce, {
    keep,
    rename: namer(edits, (path) => chosen.has(path), unused),
    replace,
  });
  // Who chooses doesn't ask for what is beside the value.
  const chooses = edits.root !== undefined || (edits.filter?.length ?? 0) > 0;
  const result = checkpoint.derive({
    value: edited.value,
    ...(chooses ? { constants: null } : {}),
  });
  const { dropped, renamed } = edited;
  return {
    checkpoint: result,
    dropped,
    renamed,
    casts,
    averaged: [...ema?.sources ?? []].filter(([path]) => chosen.has(path)),
    rehoused,
    unused: unused.list(),
    before,
    after: sizeOf(result.tensors),
  };
}

async function shareStorages(
  tensors: ReadonlyMap<string, Tensor>,
  edits: Edits,
  signal?: AbortSignal,
): Promise<Replacements> {
  if (edits.untie) return untie(tensors);
  const tied = edits.tie ? await tie(tensors, signal) : new Map<Tensor, Tensor>();
  if (!edits.compact) return tied;
  const after = new Map([...tensors].map(([path, tensor]) => [path, tied.get(tensor) ?? tensor]));
  const cut = compact(after);
  for (const [path, tensor] of tensors) {
    const replacement = cut.get(after.get(path)!);
    if (replacement) tied.set(tensor, replacement);
  }
  return tied;
}

/** Tensors and the bytes of their distinct storages. */
export function sizeOf(tensors: ReadonlyMap<string, Tensor>): TreeSize {
  const storages = new Set<Storage>();
  for (const tensor of tensors.values()) {
    for (const part of withParts(tensor)) if (part.storage) storages.add(part.storage);
  }
  let bytes = 0;
  for (const { nbytes } of storages) bytes += nbytes;
  return { tensors: tensors.size, bytes };
}
