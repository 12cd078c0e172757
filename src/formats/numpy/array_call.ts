/**
 * numpy arrays as the calls that make them: the reverse of `pickled.ts`.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyBytes, PyGlobal, PyObject, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { DType, Field } from "../../tensor/dtype.ts";

const call = (module: string, name: string, ...args: PyValue[]): PyObject =>
  new PyObject("reduce", new PyGlobal(module, name), new PyTuple(args));

const NDARRAY = new PyGlobal("numpy", "ndarray");

/** What is unusual of an array. */
export interface ArrayCallOptions {
  /** Whether the bytes go column by column. */
  readonly fortran?: boolean;
  /** The full name of its class, if it isn't numpy's plain one. */
  readonly className?: string | null;
}

/**
 * The call of an array whose elements are these bytes, little-endian, row by row or (`fortran`) column by
 * column. numpy 2 still
 * knows the module under its old name, and numpy 1 knows no other.
 *
 * @throws `unsupported` for a dtype that numpy doesn't have.
 */
export function arrayCall(
  dtype: DType,
  shape: readonly number[],
  data: PyBytes,
  { fortran = false, className = null }: ArrayCallOptions = {},
): PyObject {
  const array = call(
    "numpy.core.multiarray",
    "_reconstruct",
    className === null ? NDARRAY : classGlobal(className),
    new PyTuple([0]),
    new PyBytes("bytes", new Uint8Array([0x62])),
  );
  array.states = [new PyTuple([1, new PyTuple([...shape]), dtypeCall(dtype), fortran, data])];
  return array;
}

/** A class by its full name. */
export function classGlobal(fullName: string): PyGlobal {
  const dot = fullName.lastIndexOf(".");
  return new PyGlobal(fullName.slice(0, dot), fullName.slice(dot + 1));
}

/** The call of a dtype, with the state that numpy gives it: version 3 or, with a unit, 4. */
export function dtypeCall(dtype: DType): PyObject {
  const { numpy } = dtype;
  const isStruct = dtype.kind === "struct";
  if (numpy === null && !isStruct) {
    throw new StateDictError("unsupported", `numpy has no dtype ${dtype.name}`, {
      hint: "cast the tensor first",
    });
  }
  const code = isStruct ? `V${dtype.itemsize}` : numpyCode(dtype, numpy!);
  const made = call("numpy", "dtype", code, false, true);
  const order = numpy?.[0] === "<" ? "<" : "|";
  const state: PyValue[] = [3, order, null, null, null, -1, -1, 0];
  if (dtype.kind === "bytes" || dtype.kind === "str" || dtype.kind === "void" || isStruct) {
    state[5] = dtype.itemsize;
    state[6] = dtype.kind === "str" ? 4 : 1;
  }
  if (isStruct) {
    state[3] = new PyTuple(dtype.fields!.map(({ name }) => name));
    state[4] = fieldsDict(dtype.fields!);
  }
  if (dtype.kind === "datetime" || dtype.kind === "timedelta") {
    state[0] = 4;
    state.push(new PyTuple([null, unitTuple(numpy!)]));
  }
  made.states = [new PyTuple(state)];
  return made;
}

/** numpy's code in a pickle has no byte order and no unit, and calls a bool `b1`. */
function numpyCode({ kind }: DType, code: string): string {
  if (kind === "object") return "O8";
  return code.slice(1).replace(/\[.*$/, "");
}

function fieldsDict(fields: readonly Field[]): PyDict {
  const dict = new PyDict();
  for (const { name, dtype, offset, title } of fields) {
    const parts: PyValue[] = [fieldDType(dtype), offset];
    if (title !== null) parts.push(title);
    dict.set(name, new PyTuple(parts));
    // numpy finds a field by its title too.
    if (title !== null) dict.set(title, new PyTuple([...parts]));
  }
  return dict;
}

/** A field may repeat a type in a shape. */
function fieldDType(dtype: DType): PyObject {
  if (dtype.kind !== "subarray") return dtypeCall(dtype);
  const made = call("numpy", "dtype", `V${dtype.itemsize}`, false, true);
  const subarray = new PyTuple([dtypeCall(dtype.base!), new PyTuple([...dtype.shape!])]);
  made.states = [
    new PyTuple([3, "|", subarray, null, null, dtype.itemsize, 1, 0]),
  ];
  return made;
}

/** `(unit, count, 1, 1)` of a code such as `<M8[25us]`. */
function unitTuple(code: string): PyTuple {
  const [, count = "", unit = "generic"] = /\[(\d*)([a-z]+)\]$/i.exec(code) ?? [];
  const bytes = new PyBytes("bytes", new TextEncoder().encode(unit));
  return new PyTuple([bytes, Number(count || 1), 1, 1]);
}
