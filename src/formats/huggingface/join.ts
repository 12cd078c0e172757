/**
 * The tensors of several files as one dict.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PyView } from "../../pickle/view.ts";
import type { Storage } from "../../tensor/storage.ts";
import { Tensor, withParts } from "../../tensor/tensor.ts";
import { quoted } from "../../text/quoted.ts";
import type { OpenedShard } from "../format.ts";
import type { ShardIndex } from "./index_file.ts";
import { Owners } from "./owners.ts";

/** Names that a warning shows. */
const NAMES_SHOWN = 5;

/** What joining gives. */
export interface Joined {
  /** Name to tensor, in the index's order; then what the index leaves out. */
  readonly value: PyDict;
  /** What the nodes that hang on the tensors stand for. */
  readonly reduce: (value: PyValue) => PyValue;
  /** What is odd but no error. */
  readonly warnings: readonly string[];
}

/**
 * Joins the shards as the index has them.
 *
 * @throws `corrupt` for a tensor that isn't in its shard, or is in two.
 */
export function joinShards(index: ShardIndex, shards: readonly OpenedShard[]): Joined {
  const owners = new Owners();
  const byName = new Map(shards.map((shard) => [shard.name, contents(shard, owners)]));
  const flat: PyValue[] = [];
  for (const [name, file] of index.weights) {
    const tensor = byName.get(file)!.get(name);
    if (!tensor) {
      throw new StateDictError(
        "corrupt",
        `The index looks for the tensor ${quoted(name)} in ${quoted(file)}, which doesn't hold it`,
        { hint: "get the index and the shards again, from one place" },
      );
    }
    flat.push(name, tensor);
  }
  const warnings: string[] = [];
  const holders = new Map(index.weights);
  for (const [file, tensors] of byName) {
    const unlisted: string[] = [];
    for (const [name, tensor] of tensors) {
      const holder = holders.get(name);
      if (holder === file) continue;
      if (holder !== undefined) throw twice(name, holder, file);
      holders.set(name, file);
      unlisted.push(name);
      flat.push(name, tensor);
    }
    if (unlisted.length > 0) warnings.push(unlistedText(file, unlisted));
  }
  renameStorages(byName);
  warnings.push(...sizeWarning(index, byName));
  return { value: new PyDict(flat), reduce: owners.reduce, warnings };
}

/** The tensors of a shard; what else it holds is no part of the weights. */
function contents({ name, opened }: OpenedShard, owners: Owners): Map<string, Tensor> {
  const root = opened.reduce(opened.value);
  const dict = root instanceof PyDict ? root : root instanceof PyView ? root.dict : null;
  if (!dict) {
    throw new StateDictError("corrupt", `The shard ${quoted(name)} holds no dict of tensors`);
  }
  const tensors = new Map<string, Tensor>();
  for (const [key, value] of dict) {
    const tensor = opened.reduce(value);
    if (typeof key !== "string" || !(tensor instanceof Tensor)) continue;
    if (tensor.state !== undefined) owners.claim(tensor.state, opened.reduce);
    tensors.set(key, tensor);
  }
  return tensors;
}

function twice(name: string, one: string, other: string): StateDictError {
  return new StateDictError(
    "corrupt",
    `The tensor ${quoted(name)} is in two shards, ${quoted(one)} and ${quoted(other)}`,
    { hint: "get the index and the shards again, from one place" },
  );
}

function unlistedText(file: string, names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map(quoted).join(", ");
  const rest = names.length - NAMES_SHOWN;
  const all = rest > 0 ? `${shown} and ${rest} more` : shown;
  return `The index leaves out ${all}, which ${quoted(file)} holds`;
}

/** Storages are numbered in each file anew. */
function renameStorages(byName: ReadonlyMap<string, ReadonlyMap<string, Tensor>>): void {
  for (const [file, tensors] of byName) {
    for (const storage of storagesOf(tensors.values())) storage.id = `${file}/${storage.id}`;
  }
}

function storagesOf(tensors: Iterable<Tensor>): Set<Storage> {
  const storages = new Set<Storage>();
  for (const tensor of tensors) {
    for (const { storage } of withParts(tensor)) if (storage) storages.add(storage);
  }
  return storages;
}

/** The index counts every tensor, or tied ones once: both are met with. */
function sizeWarning(
  { totalSize }: ShardIndex,
  byName: ReadonlyMap<string, ReadonlyMap<string, Tensor>>,
): string[] {
  if (totalSize === undefined) return [];
  let all = 0;
  let stored = 0;
  for (const tensors of byName.values()) {
    for (const { nbytes } of tensors.values()) all += nbytes;
    for (const { nbytes } of storagesOf(tensors.values())) stored += nbytes;
  }
  if (totalSize === all || totalSize === stored) return [];
  return [`The index counts ${totalSize} bytes of tensors, the shards hold ${all}`];
}
