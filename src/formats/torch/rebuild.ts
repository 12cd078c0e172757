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
import { pyFloat, PyGlobal, PyObject, PyPersistent, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { ReduceContext, Reducer } from "../../pickle/view.ts";
import { copyTensor } from "../../tensor/derive.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import { bytesStorage } from "../../tensor/storage.ts";
import type { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { TensorInit } from "../../tensor/tensor.ts";
import {
  badCall,
  boolArgument,
  dictArgument,
  dtypeArgument,
  intArgument,
  intsArgument,
  numberArgument,
} from "./arguments.ts";
import { COMPOSITE_REBUILDS } from "./rebuild_composite.ts";
import { tensorClassDtype } from "./names.ts";
import { placementsOf } from "./placements.ts";
import { TorchStorage } from "./storages.ts";

/** The storage that an argument names: a persistent id, or a call that carries the bytes. */
function storageArgument(
  object: PyObject,
  value: PyValue | undefined,
  context: ReduceContext,
): TorchStorage {
  if (value instanceof PyPersistent || value instanceof PyObject) {
    const storage = context.reduce(value);
    if (storage instanceof TorchStorage) return storage;
  }
  throw badCall(object, "is given no storage");
}

/** A strided tensor over a storage, with its bounds checked. */
function strided(
  object: PyObject,
  dtype: DType,
  storage: Storage,
  offset: PyValue | undefined,
  size: PyValue | undefined,
  stride: PyValue | undefined,
): Tensor {
  return new Tensor({
    dtype,
    shape: intsArgument(object, size, "the size"),
    stride: intsArgument(object, stride, "the stride"),
    offset: intArgument(object, offset, "the offset"),
    storage,
  });
}

/** The lazy bits of `metadata`: the logical value is the conjugate or negation of the bytes. */
function applyMetadata(tensor: Tensor, metadata: PyValue | undefined): void {
  const dict = dictArgument(metadata);
  if (!dict) return;
  if (dict.get("conj") === true) tensor.conj = true;
  if (dict.get("neg") === true) tensor.neg = true;
}

function typedDtype(object: PyObject, storage: TorchStorage): DType {
  const dtype = dtypeByName(storage.dtype === "untyped" ? "uint8" : storage.dtype);
  if (!dtype) throw badCall(object, `is given a storage of unknown dtype ${storage.dtype}`);
  return dtype;
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

function tensorArgument(
  object: PyObject,
  value: PyValue | undefined,
  context: ReduceContext,
): Tensor {
  const tensor = value === undefined ? undefined : context.reduce(value);
  if (tensor instanceof Tensor) return tensor;
  throw badCall(object, "is given no tensor");
}

const rebuildParameter: Reducer<PyObject> = (object, context) => {
  const [data, requiresGrad, , state] = object.args.items;
  const tensor = copyTensor(tensorArgument(object, data, context));
  tensor.parameter = true;
  tensor.requiresGrad = boolArgument(requiresGrad);
  if (state !== undefined) tensor.state = state;
  return tensor;
};

const rebuildQuantized: Reducer<PyObject> = (object, context) => {
  const [storage, offset, size, stride, parameters, requiresGrad] = object.args.items;
  if (!(parameters instanceof PyTuple)) {
    throw badCall(object, "is given no quantization parameters");
  }
  const from = storageArgument(object, storage, context);
  const plain = strided(object, typedDtype(object, from), from.storage, offset, size, stride);
  const [scheme] = parameters.items;
  if (!(scheme instanceof PyGlobal)) throw badCall(object, "is given no quantization scheme");
  const perTensor = scheme.name === "per_tensor_affine" || scheme.name === "per_tensor_symmetric";
  const facts = perTensor
    ? perTensorFacts(object, scheme.name, parameters.items)
    : perChannelFacts(object, scheme.name, parameters.items, plain.shape, context);
  const tensor = copyTensor(plain, { layout: "quantized", ...facts });
  tensor.requiresGrad = boolArgument(requiresGrad);
  return tensor;
};

type Facts = Pick<TensorInit, "details" | "parts">;

function perTensorFacts(object: PyObject, scheme: string, items: readonly PyValue[]): Facts {
  const [, scale, zeroPoint] = items;
  return {
    details: new Map<string, PyValue>([
      ["qscheme", scheme],
      ["scale", pyFloat(numberArgument(object, scale, "the scale"))],
      ["zero_point", intArgument(object, zeroPoint, "the zero point")],
    ]),
  };
}

function perChannelFacts(
  object: PyObject,
  scheme: string,
  items: readonly PyValue[],
  shape: readonly number[],
  context: ReduceContext,
): Facts {
  const axis = intArgument(object, items[3], "the axis");
  const scales = quantizationValues(object, items[1], context);
  const zeroPoints = quantizationValues(object, items[2], context);
  const channels = shape[axis];
  if (channels === undefined) {
    throw badCall(object, `has axis ${axis}, but ${shape.length} dimensions`);
  }
  for (const part of [scales, zeroPoints]) {
    if (part.shape.length !== 1 || part.shape[0] !== channels) {
      throw badCall(object, `has ${channels} channels, but ${part.numel} scales or zero points`);
    }
  }
  // torch writes per_channel_affine for float-qparams tensors too; only the zero points tell.
  const floating = scheme === "per_channel_affine" && zeroPoints.dtype.kind === "float";
  return {
    details: new Map<string, PyValue>([
      ["qscheme", floating ? "per_channel_affine_float_qparams" : scheme],
      ["axis", axis],
    ]),
    parts: new Map([["scales", scales], ["zero_points", zeroPoints]]),
  };
}

/** Scales or zero points: a tensor; old files hold a list of numbers instead. */
function quantizationValues(
  object: PyObject,
  value: PyValue | undefined,
  context: ReduceContext,
): Tensor {
  if (!Array.isArray(value)) return tensorArgument(object, value, context);
  const numbers = value.map((item) => numberArgument(object, item, "a scale or zero point"));
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
  return new Tensor({
    dtype: dtypeByName("float64")!,
    shape: [numbers.length],
    storage: bytesStorage(bytes, "list"),
  });
}

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

/** Before 0.4 a tensor was `FloatTensor.__new__` and a state (storage, offset, size, stride). */
const oldTensor = (object: PyObject, context: ReduceContext): PyValue | undefined => {
  const dtype = tensorClassDtype(object.calleeName);
  if (dtype === undefined || !(object.state instanceof PyTuple)) return undefined;
  const [storage, offset, size, stride] = object.state.items;
  const from = storageArgument(object, storage, context);
  return strided(object, typedDtype(object, from), from.storage, offset, size, stride);
};

/** `Parameter.__new__` with the state (requires_grad, volatile, hooks) or one that holds the data. */
const oldParameter: Reducer<PyObject> = (object, context) => {
  const [given] = object.args.items;
  const state = object.state instanceof PyTuple ? object.state.items : [];
  const held = state.length >= 4 ? state[0] : given;
  if (held === undefined) return undefined;
  const tensor = copyTensor(tensorArgument(object, held, context));
  tensor.parameter = true;
  const flag = state.length >= 4 ? state[3] : state[0] ?? object.args.items[1];
  tensor.requiresGrad = flag === undefined ? true : boolArgument(flag);
  return tensor;
};

const TENSOR_CLASSES = [
  "Double",
  "Float",
  "Half",
  "BFloat16",
  "Long",
  "Int",
  "Short",
  "Char",
  "Byte",
  "Bool",
  "ComplexDouble",
  "ComplexFloat",
];

/** Every call that makes a tensor, by its Python 3 name. */
export const TENSOR_REBUILDS: ReducerTable = [
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_tensor_v3", rebuildTensorV3],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch._utils._rebuild_parameter_with_state", rebuildParameter],
  ["torch._utils._rebuild_qtensor", rebuildQuantized],
  ["torch._utils._rebuild_meta_tensor_no_storage", rebuildMeta],
  ["torch._tensor._rebuild_from_type_v2", rebuildFromType],
  ["torch._tensor._rebuild_from_type", rebuildFromType],
  // Files of torch < 1.6 name the module as it was then.
  ["torch.tensor._rebuild_from_type", rebuildFromType],
  ["torch.nn.parameter.Parameter", oldParameter],
  ...COMPOSITE_REBUILDS,
  ...TENSOR_CLASSES.flatMap((name) => [
    [`torch.${name}Tensor`, oldTensor] as const,
    [`torch.cuda.${name}Tensor`, oldTensor] as const,
  ]),
];
