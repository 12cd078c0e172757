/**
 * Averaged weights in place of the trained ones, where a checkpoint holds both.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Which tensors the averages replace, and which entries are then spent. */
export interface EmaSwap {
  /** By the path of a trained weight, the path of its average. */
  readonly sources: ReadonlyMap<string, string>;
  /** Whether an entry belongs to the averages. */
  readonly isSpent: (path: string) => boolean;
}

/** Averages, found and at hand. */
export interface Averages extends EmaSwap {
  /** The average that takes the place of a trained weight. */
  readonly of: (path: string) => Tensor | undefined;
}

/** Sub-trees under which training scripts keep averages, by what they call them. */
const SUBTREES = [
  "ema",
  "ema_model",
  "ema_state_dict",
  "ema_weights",
  "model_ema",
  "params_ema",
  "state_dict_ema",
  "teacher",
];

/** Sub-trees of the trained weights that these stand beside; `""` is the root itself. */
const TRAINED = ["model", "state_dict", "params", "net", "module", "weights", "student", ""];

/** Inner layers that wrappers of averages add. */
const INNER = ["", "module.", "state_dict.", "shadow.", "ema_model."];

/**
 * Finds the averages for a sub-tree: in it, else beside it in the whole file, as where `model` is
 * taken and `model_ema` is its neighbour.
 *
 * @throws `usage` if there are none.
 */
export function findAverages(
  tensors: ReadonlyMap<string, Tensor>,
  root: string | undefined,
  whole: ReadonlyMap<string, Tensor>,
): Averages {
  const inside = findEma(tensors);
  if (inside) return { ...inside, of: (path) => tensors.get(inside.sources.get(path) ?? "") };
  const home = root ? `${root}.` : "";
  const sources = new Map<string, string>();
  for (const [path, from] of (root ? findEma(whole) : undefined)?.sources ?? []) {
    if (path.startsWith(home)) sources.set(path.slice(home.length), from);
  }
  if (sources.size > 0) {
    return { sources, isSpent: () => false, of: (path) => whole.get(sources.get(path) ?? "") };
  }
  throw new StateDictError("usage", "There are no averaged weights in the file", {
    hint: `they are looked for under ${SUBTREES.join(", ")}`,
  });
}

/**
 * Finds the averages. Two forms are known: a sub-tree of the same names beside the trained one, and
 * Latent Diffusion's, where `model_ema.` is followed by the name without its dots.
 */
function findEma(tensors: ReadonlyMap<string, Tensor>): EmaSwap | undefined {
  return undotted(tensors) ?? besides(tensors);
}

/** `model.a.b` has its average at `model_ema.ab`, at any depth of the file. */
function undotted(tensors: ReadonlyMap<string, Tensor>): EmaSwap | undefined {
  const sources = new Map<string, string>();
  for (const path of tensors.keys()) {
    const at = /(^|\.)model\./.exec(path);
    if (!at) continue;
    const before = path.slice(0, at.index + at[1]!.length);
    const rest = path.slice(at.index + at[0].length).replaceAll(".", "");
    const from = `${before}model_ema.${rest}`;
    if (tensors.has(from)) sources.set(path, from);
  }
  if (sources.size === 0) return undefined;
  return { sources, isSpent: (path) => /(^|\.)model_ema\./.test(path) };
}

function besides(tensors: ReadonlyMap<string, Tensor>): EmaSwap | undefined {
  for (const subtree of SUBTREES) {
    const spent = `${subtree}.`;
    for (const inner of INNER) {
      for (const trained of TRAINED) {
        const sources = new Map<string, string>();
        const home = trained === "" ? "" : `${trained}.`;
        for (const path of tensors.keys()) {
          if (!path.startsWith(spent + inner)) continue;
          const target = home + path.slice(spent.length + inner.length);
          if (tensors.has(target) && target !== path) sources.set(target, path);
        }
        if (sources.size > 0) return { sources, isSpent: (path) => path.startsWith(spent) };
      }
    }
  }
  return undefined;
}
