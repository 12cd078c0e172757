/**
 * What stands in the pickles of TorchScript: modules as objects of classes that the archive brings
 * along, and containers with their type beside them.
 *
 * @module
 */

import { PyDict } from "../../pickle/dict.ts";
import type { ReducerTable } from "../../pickle/reduce.ts";
import { PyGlobal } from "../../pickle/values.ts";
import type { PyObject, PyValue } from "../../pickle/values.ts";
import type { ReduceContext, Reducer } from "../../pickle/view.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { isAllowedInTorch } from "./allowlist.ts";

/** Functions of `torch/jit/_pickle.py`: each gives back its first argument. */
const TYPE_TAGS: readonly string[] = [
  "restore_type_tag",
  // Until 1.3 the common types of lists had a function each.
  "build_boollist",
  "build_doublelist",
  "build_intlist",
  "build_tensorlist",
];

const PICKLE_MODULE = "torch.jit._pickle";

/** Whether a module of Python is one of TorchScript's own: its classes are in the archive. */
function isScriptModule(module: string): boolean {
  return module === "__torch__" || module.startsWith("__torch__.");
}

/** Whether a strict load takes the name: what stands for data, and classes that no Python has. */
export function isAllowedInTorchScript(module: string, name: string): boolean {
  return isAllowedInTorch(module, name) || isScriptModule(module) ||
    (module === PICKLE_MODULE && TYPE_TAGS.includes(name));
}

/** Whether an object is of a class that is in the archive. */
export function isModule({ callee }: PyObject): boolean {
  return callee instanceof PyGlobal && isScriptModule(callee.module);
}

const untagged: Reducer<PyObject> = ({ args }, context) => {
  const [value] = args.items;
  return value === undefined ? undefined : context.reduce(value);
};

/** By the callee's Python 3 name. */
export const TYPE_TAG_REDUCERS: ReducerTable = TYPE_TAGS.map((name) =>
  [`${PICKLE_MODULE}.${name}`, untagged] as const
);

/** Marks those of a module's tensors that are parameters. The module itself stays the node it is. */
export function markParameters(
  object: PyObject,
  names: ReadonlyMap<string, readonly string[]>,
  context: ReduceContext,
): PyValue | undefined {
  const { state } = object;
  if (!(state instanceof PyDict)) return undefined;
  for (const name of names.get(object.calleeName) ?? []) {
    const value = state.get(name);
    const tensor = value === undefined ? undefined : context.reduce(value);
    if (tensor instanceof Tensor) tensor.parameter = true;
  }
  return undefined;
}
