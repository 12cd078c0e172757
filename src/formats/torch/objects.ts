/**
 * PyTorch's small values: sizes, devices, layouts, quantization schemes.
 *
 * @module
 */

import type { ReducerTable } from "../../pickle/reduce.ts";
import { PyTuple } from "../../pickle/values.ts";
import type { PyGlobal, PyObject, PyValue } from "../../pickle/values.ts";
import { PyLeaf } from "../../pickle/view.ts";
import type { Reducer } from "../../pickle/view.ts";
import { QSCHEMES } from "./names.ts";

const size: Reducer<PyObject> = ({ args }) => {
  const [dims] = args.items;
  const items: readonly PyValue[] | undefined = dims instanceof PyTuple
    ? dims.items
    : Array.isArray(dims)
    ? dims
    : undefined;
  if (!items?.every((dim) => typeof dim === "number" && Number.isInteger(dim))) return undefined;
  return new PyLeaf("$size", items as number[]);
};

/** `device("cpu")` or `device("cuda", 1)`. */
const device: Reducer<PyObject> = ({ args }) => {
  const [type, index = null] = args.items;
  if (typeof type !== "string") return undefined;
  return new PyLeaf("$device", index === null ? type : `${type}:${index}`);
};

const layout: Reducer<PyObject> = ({ args }) => {
  const [name] = args.items;
  return typeof name === "string" ? new PyLeaf("$layout", name) : undefined;
};

/** A qscheme is a bare name, without a call. */
export const torchGlobal: Reducer<PyGlobal> = (global) =>
  global.module === "torch" && QSCHEMES.has(global.name)
    ? new PyLeaf("$qscheme", global.fullName)
    : undefined;

/** By the callee's Python 3 name. */
export const OBJECT_REDUCERS: ReducerTable = [
  ["torch.Size", size],
  ["torch.device", device],
  ["torch.serialization._get_layout", layout],
];
