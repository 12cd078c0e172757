/**
 * Averaged weights in place of the trained ones, where a checkpoint holds both.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Which tensors the averages replace, and which entries are then spent. */
export interface EmaSwap {
  /** By the path of the trained weight, its average. */
  readonly averages: ReadonlyMap<string, Tensor>;
  /** Whether an entry belongs to the averages. */
  readonly isSpent: (path: string) => boolean;
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
 * Finds the averages. Two forms are known: a sub-tree of the same names beside the trained one, and
 * Latent Diffusion's, where `model_ema.` is followed by the name without its dots.
 *
 * @throws `usage` if there are none.
 */
export function findEma(tensors: ReadonlyMap<string, Tensor>): EmaSwap {
  const swap = undotted(tensors) ?? besides(tensors);
  if (swap) return swap;
  throw new StateDictError("usage", "There are no averaged weights in the file", {
    hint: `they are looked for under ${SUBTREES.join(", ")}`,
  });
}

/** `model.a.b` has its average at `model_ema.ab`, at any depth of the file. */
function undotted(tensors: ReadonlyMap<string, Tensor>): EmaSwap | undefined {
  const averages = new Map<string, Tensor>();
  for (const path of tensors.keys()) {
    const at = /(^|\.)model\./.exec(path);
    if (!at) continue;
    const before = path.slice(0, at.index + at[1]!.length);
    const rest = path.slice(at.index + at[0].length).replaceAll(".", "");
    const average = tensors.get(`${before}model_ema.${rest}`);
    if (average) averages.set(path, average);
  }
  if (averages.size === 0) return undefined;
  return { averages, isSpent: (path) => /(^|\.)model_ema\./.test(path) };
}

function besides(tensors: ReadonlyMap<string, Tensor>): EmaSwap | undefined {
  for (const subtree of SUBTREES) {
    const spent = `${subtree}.`;
    for (const inner of INNER) {
      for (const trained of TRAINED) {
        const averages = new Map<string, Tensor>();
        const home = trained === "" ? "" : `${trained}.`;
        for (const [path, tensor] of tensors) {
          if (!path.startsWith(spent + inner)) continue;
          const target = home + path.slice(spent.length + inner.length);
          if (tensors.has(target) && target !== path) averages.set(target, tensor);
        }
        if (averages.size > 0) return { averages, isSpent: (path) => path.startsWith(spent) };
      }
    }
  }
  return undefined;
}
