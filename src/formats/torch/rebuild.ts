/**
 * What PyTorch's rebuild functions would make, as tensor descriptors.
 *
 * Arguments are those of `torch/_utils.py` and `torch/_tensor.py` (2.13, and older forms that
 * files still hold). Nothing is called: each function here reads a call node's arguments, checks
 * them, and describes the tensor.
 *
 * @module
 */

import type { ReducerTable } from "../../pickle/reduce.ts";
import { attributeDicts } from "../../pickle/state.ts";
import { PyGlobal, PyObject, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { ReduceContext, Reducer } from "../../pickle/view.ts";
import { copyTensor } from "../../tensor/derive.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { badCall, boolArgument, dictArgument, dtypeArgument, intsArgument } from "./arguments.ts";
import { placementsOf } from "./placements.ts";
import { storageArgument, strided, tensorArgument, typedDtype } from "./strided.ts";

/** The lazy bits of `metadata`: the logical value is the conjugate or negation of the bytes. */
function applyMetadata(tensor: Tensor, metadata: PyValue | undefined): void {
  const dict = dictArgument(metadata);
  if (!dict) return;
  if (dict.get("conj") === true) tensor.conj = true;
  if (dict.get("neg") === true) tensor.neg = true;
}

const rebuildTensor: Reducer<PyObject> = (object, context) => {
  const [storage, offset, size, stride, requiresGrad, , metadata] = object.args.items;
  const from = storageArgument(object, storage, context);
  const tensor = strided(object, typedDtype(object, from), from.storage, offset, size, stride);
  tensor.requiresGrad = boolArgument(requiresGrad);
  applyMetadata(tensor, metadata);
  return tensor;
};

const rebuildTensorV3: Reducer<PyObject> = (object, context) => {
  const [storage, offset, size, stride, requiresGrad, , dtype, metadata] = object.args.items;
  const from = storageArgument(object, storage, context);
  const type = dtypeArgument(object, dtype);
  // An untyped storage learns only here what changes places in a big-endian file.
  if (from.storage.word === 1) from.storage.word = type.word;
  const tensor = strided(object, type, from.storage, offset, size, stride);
  tensor.requiresGrad = boolArgument(requiresGrad);
  applyMetadata(tensor, metadata);
  return tensor;
};

const rebuildParameter: Reducer<PyObject> = (object, context) => {
  const [data, requiresGrad, , state] = object.args.items;
  const tensor = copyTensor(tensorArgument(object, data, context));
  tensor.parameter = true;
  tensor.requiresGrad = boolArgument(requiresGrad);
  if (state !== undefined) tensor.state = state;
  return tensor;
};

const rebuildMeta: Reducer<PyObject> = (object) => {
  const [dtype, size, stride, requiresGrad] = object.args.items;
  const tensor = new Tensor({
    dtype: dtypeArgument(object, dtype),
    shape: intsArgument(object, size, "the size"),
    stride: intsArgument(object, stride, "the stride"),
    offset: 0,
    storage: null,
  });
  tensor.device = "meta";
  tensor.requiresGrad = boolArgument(requiresGrad);
  return tensor;
};

/** Functions that `_rebuild_from_type_v2` may be given: never one that only some other file knows. */
const INNER_REBUILDS: ReadonlySet<string> = new Set(
  [
    "_rebuild_tensor",
    "_rebuild_tensor_v2",
    "_rebuild_tensor_v3",
    "_rebuild_parameter",
    "_rebuild_parameter_with_state",
    "_rebuild_qtensor",
    "_rebuild_sparse_tensor",
    "_rebuild_meta_tensor_no_storage",
    "_rebuild_nested_tensor",
    "_rebuild_wrapper_subclass",
    "_rebuild_device_tensor_from_numpy",
    "_rebuild_device_tensor_from_cpu_tensor",
  ].map((name) => `torch._utils.${name}`).concat(
    "torch.nested._internal.nested_tensor._rebuild_njt",
  ),
);

const rebuildFromType: Reducer<PyObject> = (object, context) => {
  const [func, type, args, state] = object.args.items;
  if (!(func instanceof PyGlobal) || !(args instanceof PyTuple)) {
    throw badCall(object, "is given no rebuild function and arguments");
  }
  if (!INNER_REBUILDS.has(func.fullName)) return undefined;
  const inner = context.reduce(new PyObject("reduce", func, args));
  if (!(inner instanceof Tensor)) {
    throw badCall(object, `can't describe what ${func.fullName} makes`);
  }
  const tensor = state === undefined ? inner : withState(inner, state, context);
  if (type instanceof PyGlobal && !PLAIN_TYPES.has(type.fullName)) tensor.className = type.fullName;
  return tensor;
};

const PLAIN_TYPES: ReadonlySet<string> = new Set([
  "torch.Tensor",
  "torch.nn.parameter.Parameter",
  "torch.nn.parameter.Buffer",
]);

/** A wrapper subclass keeps the tensor it wraps in its state; others keep attributes there. */
function withState(tensor: Tensor, state: PyValue, context: ReduceContext): Tensor {
  tensor.state = state;
  if (tensor.layout !== "wrapper") return tensor;
  const dicts = attributeDicts(state, context.reduce) ?? [];
  const field = (name: string) => dicts.find((dict) => dict.has(name))?.get(name);
  const local = field("_local_tensor");
  const part = local === undefined ? undefined : context.reduce(local);
  if (!(part instanceof Tensor)) return tensor;
  return copyTensor(tensor, {
    layout: "dtensor",
    parts: new Map([["local", part]]),
    details: new Map([["placements", placementsOf(field("_spec"))]]),
  });
}

/** The calls that make most tensors, by their Python 3 name; see `reduce.ts` for the rest. */
export const TENSOR_REBUILDS: ReducerTable = [
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_tensor_v3", rebuildTensorV3],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch._utils._rebuild_parameter_with_state", rebuildParameter],
  ["torch._utils._rebuild_meta_tensor_no_storage", rebuildMeta],
  ["torch._tensor._rebuild_from_type_v2", rebuildFromType],
  ["torch._tensor._rebuild_from_type", rebuildFromType],
  // Files of torch < 1.6 name the module as it was then.
  ["torch.tensor._rebuild_from_type", rebuildFromType],
];
