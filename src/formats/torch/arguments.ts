/**
 * Checked access to the arguments of PyTorch's rebuild functions.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyFloat, PyGlobal, PyObject, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PyDict } from "../../pickle/dict.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import { PyView } from "../../pickle/view.ts";
import { TORCH_DTYPES } from "./names.ts";

/** The error of a rebuild call whose arguments make no tensor. */
export function badCall(object: PyObject, what: string): StateDictError {
  return new StateDictError("corrupt", `${object.calleeName} ${what}`);
}

/** An int that a tensor can have as a size, a stride or an offset. */
export function intArgument(object: PyObject, value: PyValue | undefined, what: string): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw badCall(
    object,
    `is given ${typeof value === "bigint" ? "a huge int" : "no int"} as ${what}`,
  );
}

/** A tuple, list or `torch.Size` of ints. */
export function intsArgument(
  object: PyObject,
  value: PyValue | undefined,
  what: string,
): readonly number[] {
  let items: readonly PyValue[] | undefined;
  if (value instanceof PyTuple) items = value.items;
  else if (Array.isArray(value)) items = value;
  else if (value instanceof PyObject && value.calleeName === "torch.Size") {
    const [inner] = value.args.items;
    if (inner instanceof PyTuple) items = inner.items;
    else if (Array.isArray(inner)) items = inner;
  }
  if (!items) throw badCall(object, `is given no tuple of ints as ${what}`);
  for (const item of items) intArgument(object, item, what);
  return items as readonly number[];
}

/** A bool; ints count, as in Python. */
export function boolArgument(value: PyValue | undefined): boolean {
  return value === true || (typeof value === "number" && value !== 0);
}

/** A float or an int. */
export function numberArgument(object: PyObject, value: PyValue | undefined, what: string): number {
  if (value instanceof PyFloat) return value.value;
  if (typeof value === "number") return value;
  throw badCall(object, `is given no number as ${what}`);
}

/** A `torch.NAME` dtype. */
export function dtypeArgument(object: PyObject, value: PyValue | undefined): DType {
  if (value instanceof PyGlobal && value.module === "torch" && TORCH_DTYPES.has(value.name)) {
    const dtype = dtypeByName(value.name);
    if (dtype) return dtype;
    throw new StateDictError("unsupported", `Tensors of dtype ${value.name} can't be stored`);
  }
  throw badCall(object, "is given no dtype");
}

/** The dict of a dict or an `OrderedDict` node. */
export function dictArgument(value: PyValue | undefined): PyDict | undefined {
  if (value instanceof PyDict) return value;
  if (value instanceof PyView && value.dict) return value.dict;
  return undefined;
}
