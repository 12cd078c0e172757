/**
 * A state dict as a value that can be written.
 *
 * @module
 */

import { PyDict } from "../pickle/dict.ts";
import { PyGlobal, PyObject, PyTuple } from "../pickle/values.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The `OrderedDict` of a state dict. */
export function stateDictValue(tensors: ReadonlyMap<string, Tensor>): PyObject {
  const cls = new PyGlobal("collections", "OrderedDict");
  const dict = new PyObject("reduce", cls, new PyTuple([]));
  dict.entries = new PyDict();
  for (const [name, tensor] of tensors) dict.entries.set(name, tensor);
  return dict;
}
