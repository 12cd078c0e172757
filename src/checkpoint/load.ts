/**
 * The call that most people want: a file's tensors by name.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyDict } from "../pickle/dict.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyView } from "../pickle/view.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { catalogueOf } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Input } from "./input.ts";
import { openCheckpoint } from "./open.ts";
import type { OpenOptions } from "./open.ts";
import { partsOf } from "./parts.ts";

/** How to load a state dict. */
export interface LoadOptions extends OpenOptions {
  /** Path of the sub-tree to take, such as `model` or `state_dict`; names are then relative to it. */
  readonly root?: string;
}

/**
 * Loads all tensors of a file into memory: names to tensors, in the file's order. Nested
 * checkpoints give dotted names. Tied tensors share one storage here too.
 *
 * Strict: a file that names anything outside the allowlist is refused as a whole.
 *
 * @throws `refused`, `no-value` for a root that isn't there, or what `openCheckpoint` throws.
 *
 * @example
 * ```ts
 * import { loadStateDict } from "@statedict/statedict";
 *
 * const weights = await loadStateDict("fixtures/torch/checkpoint.pt", { root: "model" });
 * const bias = weights.get("fc1.bias")!;
 * console.log(bias.dtype.name, bias.shape, bias.toFloat32());
 * ```
 */
export async function loadStateDict(
  input: Input,
  options: LoadOptions = {},
): Promise<Map<string, Tensor>> {
  await using checkpoint = await openCheckpoint(input, options);
  const root = options.root === undefined ? checkpoint.value : subTree(checkpoint, options.root);
  const tensors = catalogueOf(checkpoint.outline(root));
  for (const tensor of tensors.values()) await tensor.load(options.signal);
  return tensors;
}

/** The value at a path. @throws `no-value` with the names that are there. */
export function subTree(checkpoint: Checkpoint, path: string): PyValue {
  let value = checkpoint.value;
  let rest = path;
  while (rest !== "") {
    const step = longestStep(checkpoint, value, rest);
    if (!step) throw noRoot(checkpoint, path, value);
    value = step.value;
    rest = step.rest;
  }
  return value;
}

/** Keys may hold dots themselves, so the longest component that fits is taken. */
function longestStep(
  checkpoint: Checkpoint,
  value: PyValue,
  path: string,
): { value: PyValue; rest: string } | undefined {
  let best: { value: PyValue; rest: string } | undefined;
  let length = -1;
  for (
    const [component, part] of partsOf(checkpoint.reduce(value), checkpoint.reduce)?.children ?? []
  ) {
    if (component.length <= length) continue;
    if (path === component) return { value: part, rest: "" };
    if (path.startsWith(`${component}.`)) {
      best = { value: part, rest: path.slice(component.length + 1) };
      length = component.length;
    }
  }
  return best;
}

const ROOTS_SHOWN = 8;

function noRoot(checkpoint: Checkpoint, path: string, at: PyValue): StateDictError {
  const names: string[] = [];
  for (
    const [component, part] of partsOf(checkpoint.reduce(at), checkpoint.reduce)?.children ?? []
  ) {
    const value = checkpoint.reduce(part);
    if (value instanceof PyDict || value instanceof PyView) names.push(component);
    if (names.length === ROOTS_SHOWN) break;
  }
  return new StateDictError("no-value", `There is nothing at ${JSON.stringify(path)}`, {
    path: checkpoint.path,
    hint: names.length > 0 ? `there are ${names.join(", ")}` : "leave root out to take everything",
  });
}
