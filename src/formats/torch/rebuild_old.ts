/**
 * How PyTorch before 0.4 spelled tensors and parameters: by their class and a state.
 *
 * @module
 */

import type { ReducerTable } from "../../pickle/reduce.ts";
import { PyTuple } from "../../pickle/values.ts";
import type { PyObject, PyValue } from "../../pickle/values.ts";
import type { ReduceContext, Reducer } from "../../pickle/view.ts";
import { copyTensor } from "../../tensor/derive.ts";
import { boolArgument } from "./arguments.ts";
import { tensorClassDtype } from "./names.ts";
import { storageArgument, strided, tensorArgument, typedDtype } from "./strided.ts";

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

/** By the callee's Python 3 name. */
export const OLD_REBUILDS: ReducerTable = [
  ["torch.nn.parameter.Parameter", oldParameter],
  ...TENSOR_CLASSES.flatMap((name) => [
    [`torch.${name}Tensor`, oldTensor] as const,
    [`torch.cuda.${name}Tensor`, oldTensor] as const,
  ]),
];
