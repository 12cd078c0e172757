/**
 * Tensors made of other tensors: sparse, nested, wrapped, and those that came from numpy.
 *
 * @module
 */

import type { ReducerTable } from "../../pickle/reduce.ts";
import { PyGlobal, type PyObject, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PyLeaf } from "../../pickle/view.ts";
import type { ReduceContext, Reducer } from "../../pickle/view.ts";
import { copyTensor } from "../../tensor/derive.ts";
import { castTensor } from "../../tensor/derive_cast.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { TensorLayout } from "../../tensor/tensor.ts";
import {
  badCall,
  boolArgument,
  dictArgument,
  dtypeArgument,
  intArgument,
  intsArgument,
} from "./arguments.ts";

/** The index tensors of each sparse layout, in argument order; `values` follows them. */
const SPARSE_PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["sparse_coo", ["indices"]],
  ["sparse_csr", ["crow_indices", "col_indices"]],
  ["sparse_bsr", ["crow_indices", "col_indices"]],
  ["sparse_csc", ["ccol_indices", "row_indices"]],
  ["sparse_bsc", ["ccol_indices", "row_indices"]],
]);

function part(object: PyObject, value: PyValue | undefined, context: ReduceContext): Tensor {
  const tensor = value === undefined ? undefined : context.reduce(value);
  if (tensor instanceof Tensor) return tensor;
  throw badCall(object, "lacks one of its tensors");
}

const sparse: Reducer<PyObject> = (object, context) => {
  const [layout, data] = object.args.items;
  const leaf = layout === undefined ? undefined : context.reduce(layout);
  const name = leaf instanceof PyLeaf && leaf.tag === "$layout"
    ? String(leaf.json).replace("torch.", "")
    : "";
  const indices = SPARSE_PARTS.get(name);
  if (!indices || !(data instanceof PyTuple)) throw badCall(object, "is given no sparse layout");
  const parts = new Map<string, Tensor>();
  indices.forEach((key, i) => parts.set(key, part(object, data.items[i], context)));
  const values = part(object, data.items[indices.length], context);
  parts.set("values", values);
  const shape = intsArgument(object, data.items[indices.length + 1], "the size");
  const sparseDim = parts.get("indices")?.shape[0] ?? 0;
  const details = name !== "sparse_coo" ? undefined : new Map<string, PyValue>([
    ["coalesced", boolArgument(data.items[3])],
    ["sparse_dim", sparseDim],
    ["dense_dim", shape.length - sparseDim],
  ]);
  return new Tensor({
    dtype: values.dtype,
    shape,
    layout: name as TensorLayout,
    parts,
    ...(details ? { details } : {}),
  });
};

const nestedStrided: Reducer<PyObject> = (object, context) => {
  const [buffer, sizes, strides, offsets] = object.args.items;
  const values = part(object, buffer, context);
  return new Tensor({
    dtype: values.dtype,
    shape: [],
    layout: "nested_strided",
    parts: new Map([
      ["buffer", values],
      ["sizes", part(object, sizes, context)],
      ["strides", part(object, strides, context)],
      ["offsets", part(object, offsets, context)],
    ]),
  });
};

const nestedJagged: Reducer<PyObject> = (object, context) => {
  const fields = dictArgument(object.args.items[0]);
  if (!fields) throw badCall(object, "is given no dict");
  const values = part(object, fields.get("values"), context);
  const parts = new Map([
    ["values", values],
    ["offsets", part(object, fields.get("offsets"), context)],
  ]);
  const lengths = fields.get("lengths") ?? null;
  if (lengths !== null) parts.set("lengths", part(object, lengths, context));
  const ragged = intArgument(object, fields.get("_ragged_idx") ?? 1, "the ragged dimension");
  const tensor = new Tensor({
    dtype: values.dtype,
    shape: [],
    layout: "nested_jagged",
    parts,
    details: new Map([["ragged_idx", ragged]]),
  });
  tensor.requiresGrad = boolArgument(fields.get("requires_grad"));
  return tensor;
};

const wrapper: Reducer<PyObject> = (object) => {
  const [cls, dtype, size, stride, , , , requiresGrad] = object.args.items;
  const tensor = new Tensor({
    dtype: dtypeArgument(object, dtype),
    shape: intsArgument(object, size, "the size"),
    stride: intsArgument(object, stride, "the stride"),
    layout: "wrapper",
  });
  tensor.requiresGrad = boolArgument(requiresGrad);
  if (cls instanceof PyGlobal) tensor.className = cls.fullName;
  return tensor;
};

/** `(array or tensor, dtype, device, requires_grad)`: its values, cast to the dtype. */
const fromHost: Reducer<PyObject> = (object, context) => {
  const [data, dtype, device, requiresGrad] = object.args.items;
  const from = part(object, data, context);
  const tensor = copyTensor(castTensor(from, dtypeArgument(object, dtype)));
  if (typeof device === "string") tensor.device = device;
  tensor.requiresGrad = boolArgument(requiresGrad);
  return tensor;
};

/** By the callee's Python 3 name. */
export const COMPOSITE_REBUILDS: ReducerTable = [
  ["torch._utils._rebuild_sparse_tensor", sparse],
  ["torch._utils._rebuild_nested_tensor", nestedStrided],
  ["torch.nested._internal.nested_tensor._rebuild_njt", nestedJagged],
  ["torch._utils._rebuild_wrapper_subclass", wrapper],
  ["torch._utils._rebuild_device_tensor_from_numpy", fromHost],
  ["torch._utils._rebuild_xla_tensor", fromHost],
  ["torch._utils._rebuild_device_tensor_from_cpu_tensor", fromHost],
];
