/**
 * Several files as one tree: shards, or a model that was saved in parts.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { joinPath, keyComponent } from "../checkpoint/paths.ts";
import { StateDictError } from "../errors.ts";
import { PyDict } from "../pickle/dict.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyView } from "../pickle/view.ts";
import { copyTensor } from "../tensor/derive.ts";
import { editTree } from "./tree.ts";

/** Levels of dicts that are merged into one another. */
const MAX_DEPTH = 32;

/**
 * Merges files: dicts of one path become one dict. The tensors stay where they are.
 *
 * @throws `conflict` if two files have something else at one path.
 */
export function mergeCheckpoints(checkpoints: readonly Checkpoint[]): Checkpoint {
  const [first, ...rest] = checkpoints;
  if (rest.length === 0) return first!;
  const merged = new PyDict();
  for (const checkpoint of checkpoints) {
    const dict = dictOf(detached(checkpoint), checkpoint);
    if (!dict) {
      throw new StateDictError("unsupported", "Only files whose root is a dict can be merged", {
        path: checkpoint.path,
        hint: "take a sub-tree of it, with root",
      });
    }
    mergeInto(merged, dict, checkpoint, "", 0);
  }
  const metadata = new Map(checkpoints.flatMap((one) => [...one.metadata]));
  return first!.derive({
    value: merged,
    metadata,
    globals: checkpoints.flatMap((one) => one.globals),
    async close() {
      for (const one of checkpoints) await one.close();
    },
  });
}

/** The tree with tensors that don't depend on their file's numbering of storages. */
function detached(checkpoint: Checkpoint): PyValue {
  return editTree(checkpoint.value, checkpoint.reduce, {
    replace: (_path, tensor) => copyTensor(tensor),
  }).value;
}

function dictOf(value: PyValue, { reduce }: Checkpoint): PyDict | undefined {
  if (value instanceof PyDict) return value;
  const view = reduce(value);
  return view instanceof PyView && view.shape === "dict" ? view.dict ?? undefined : undefined;
}

function mergeInto(
  target: PyDict,
  dict: PyDict,
  checkpoint: Checkpoint,
  path: string,
  depth: number,
): void {
  let position = 0;
  for (const [key, value] of dict) {
    const at = joinPath(path, keyComponent(key, position++));
    const there = target.get(key);
    if (there === undefined) {
      target.set(key, copied(value, checkpoint));
      continue;
    }
    const inner = dictOf(value, checkpoint);
    if (!(there instanceof PyDict) || !inner || depth === MAX_DEPTH) {
      throw new StateDictError("conflict", `Two inputs have something at ${JSON.stringify(at)}`, {
        path: checkpoint.path,
        hint: "leave one out with drop, or rename it first",
      });
    }
    mergeInto(there, inner, checkpoint, at, depth + 1);
  }
}

/** A dict of its own, so that merging more into it leaves the file's own tree as it was. */
function copied(value: PyValue, checkpoint: Checkpoint): PyValue {
  const dict = dictOf(value, checkpoint);
  return dict ? new PyDict([...dict.pairs()]) : value;
}
