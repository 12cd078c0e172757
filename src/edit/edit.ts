/**
 * All edits of a checkpoint in one pass: a lazy list of descriptors to a lazy list.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { catalogueOf } from "../checkpoint/checkpoint.ts";
import { subTree } from "../checkpoint/load.ts";
import { copyTensor } from "../tensor/derive.ts";
import type { Storage } from "../tensor/storage.ts";
import { withParts } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { castByRules, parseCast } from "./casts.ts";
import type { CastDone } from "./casts.ts";
import { findEma } from "./ema.ts";
import { compileGlobs } from "./glob.ts";
import { parseRename, renamer } from "./rename.ts";
import type { RenameRule } from "./rename.ts";
import { compact, tie, untie } from "./storages.ts";
import type { Replacements } from "./storages.ts";
import { editTree } from "./tree.ts";

/** What is to be done, in this order. */
export interface Edits {
  /** Path of the sub-tree to take. */
  readonly root?: string;
  /** Averaged weights take the trained ones' place. */
  readonly ema?: boolean;
  /** Globs of the entries to keep. */
  readonly filter?: readonly string[];
  /** Globs of the entries to leave out. */
  readonly drop?: readonly string[];
  /** Regular expressions as `FROM=TO`, or ready rules. */
  readonly rename?: readonly (string | RenameRule)[];
  /** Beginnings of names to take away, such as `module.`. */
  readonly stripPrefix?: readonly string[];
  /** What to put before every name. */
  readonly addPrefix?: string;
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
 */
export async function editCheckpoint(
  checkpoint: Checkpoint,
  edits: Edits,
  signal?: AbortSignal,
): Promise<Edited> {
  const before = sizeOf(checkpoint.tensors);
  const value = edits.root === undefined ? checkpoint.value : subTree(checkpoint, edits.root);
  const tensors = catalogueOf(checkpoint.outline(value));
  const ema = edits.ema ? findEma(tensors) : undefined;
  const wanted = edits.filter?.length ? compileGlobs(edits.filter) : () => true;
  const unwanted = edits.drop?.length ? compileGlobs(edits.drop) : () => false;
  const keep = (path: string) => wanted(path) && !unwanted(path) && !ema?.isSpent(path);

  const chosen = new Map<string, Tensor>();
  for (const [path, tensor] of tensors) {
    if (keep(path)) chosen.set(path, ema?.averages.get(path) ?? tensor);
  }
  const storages = await shareStorages(chosen, edits, signal);
  const casts: CastDone[] = [];
  const cast = caster(edits.dtype ?? [], casts);
  const replace = (path: string, tensor: Tensor): Tensor => {
    const average = ema?.averages.get(path) ?? tensor;
    return cast(path, storages.get(average) ?? average);
  };
  const edited = editTree(value, checkpoint.reduce, {
    keep,
    rename: namer(edits, (path) => chosen.has(path)),
    replace,
  });
  const result = checkpoint.derive({ value: edited.value });
  const { dropped, renamed } = edited;
  return { checkpoint: result, dropped, renamed, casts, before, after: sizeOf(result.tensors) };
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

/** Casts equal views of one storage once, so that tied tensors stay tied. */
function caster(
  texts: readonly string[],
  casts: CastDone[],
): (path: string, tensor: Tensor) => Tensor {
  const rules = texts.map(parseCast);
  const made = new Map<Storage, Map<string, Tensor>>();
  return (path, tensor) => {
    if (rules.length === 0 || !tensor.storage) return tensor;
    let done: CastDone | undefined;
    const cast = castByRules(rules, path, tensor, (one) => done = one);
    if (!done) return cast;
    const views = made.get(tensor.storage) ?? new Map<string, Tensor>();
    made.set(tensor.storage, views);
    const key = `${done.to} ${tensor.dtype.name} ${tensor.offset} ${tensor.shape} ${tensor.stride}`;
    const first = views.get(key);
    if (first) return copyTensor(cast, { storage: first.storage });
    casts.push(done);
    views.set(key, cast);
    return cast;
  };
}

/** Rules act on whole paths; prefixes on what a tensor is called where it lies. */
function namer(
  edits: Edits,
  isTensor: (path: string) => boolean,
): (path: string, parent: string) => string {
  const rules = (edits.rename ?? []).map((rule) =>
    typeof rule === "string" ? parseRename(rule) : rule
  );
  const rename = renamer(rules);
  const prefixes = edits.stripPrefix ?? [];
  return (path, parent) => {
    const renamed = rename(path);
    if ((prefixes.length === 0 && !edits.addPrefix) || !isTensor(path)) return renamed;
    const home = parent !== "" && renamed.startsWith(`${parent}.`) ? `${parent}.` : "";
    let name = renamed.slice(home.length);
    for (const prefix of prefixes) {
      if (name.startsWith(prefix)) name = name.slice(prefix.length);
      else if (renamed.startsWith(prefix)) {
        return `${edits.addPrefix ?? ""}${renamed.slice(prefix.length)}`;
      }
    }
    return `${home}${edits.addPrefix ?? ""}${name}`;
  };
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
