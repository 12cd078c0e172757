/**
 * numpy dtypes inside pickles: `dtype(code, False, True)` and the state that BUILD gives it.
 *
 * State, by number of items (numpy/core/src/multiarray/descriptor.c): 9 is (version, endian,
 * subarray, names, fields, itemsize, alignment, flags, metadata), 8 lacks the metadata, 7 the
 * flags, 6 and 5 are the oldest, without names.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyGlobal } from "../../pickle/values.ts";
import type { PyObject, PyValue } from "../../pickle/values.ts";
import { PyLeaf } from "../../pickle/view.ts";
import type { ReduceContext, Reducer } from "../../pickle/view.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { ByteOrder, DType, Field } from "../../tensor/dtype.ts";
import {
  bytesDType,
  describeDType,
  numpyDType,
  strDType,
  structDType,
  subarrayDType,
  timeDType,
  voidDType,
} from "../../tensor/numpy_dtype.ts";
import type { StoredDType } from "../../tensor/numpy_dtype.ts";
import type { JsonValue } from "../../text/json.ts";
import { itemsOf, textOf } from "./arguments.ts";

/** A dtype as a value. */
export class NumpyDType extends PyLeaf implements StoredDType {
  /** The type. */
  readonly dtype: DType;
  /** Which end of its numbers comes first. */
  readonly byteOrder: ByteOrder;
  /** Wraps a dtype. */
  constructor(stored: StoredDType) {
    super("$dtype", describeDType(stored.dtype) as JsonValue, stored.dtype.name);
    this.dtype = stored.dtype;
    this.byteOrder = stored.byteOrder;
  }
}

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", `A pickled numpy dtype ${what}`);
}

/** The dtype that a value is. @throws `corrupt` if it is none. */
export function dtypeOf(value: PyValue | undefined, context: ReduceContext): NumpyDType {
  const reduced = value === undefined ? undefined : context.reduce(value);
  if (reduced instanceof NumpyDType) return reduced;
  throw new StateDictError("corrupt", "A numpy object is given no dtype");
}

/** Byte orders by the letter in the state; `=` is the writer's own, and writers are little-endian. */
const ORDERS: ReadonlyMap<string, ByteOrder> = new Map([
  ["<", "little"],
  ["|", "little"],
  ["=", "little"],
  [">", "big"],
]);

/** Where the parts of a state stand, by its number of items. */
const STATE_PLACES: ReadonlyMap<number, { endian: number; subarray: number; names: number }> =
  new Map([
    [9, { endian: 1, subarray: 2, names: 3 }],
    [8, { endian: 1, subarray: 2, names: 3 }],
    [7, { endian: 1, subarray: 2, names: 3 }],
    [6, { endian: 1, subarray: 2, names: -1 }],
    [5, { endian: 0, subarray: 1, names: -1 }],
  ]);

const dtype: Reducer<PyObject> = (object, context) => {
  const [first] = object.args.items;
  const code = textOf(first) ?? (isRecord(first) ? "V0" : undefined);
  if (code === undefined) return classDType(first);
  if (object.states === null) return new NumpyDType(plainDType(code));
  const state = itemsOf(object.state);
  const places = state && STATE_PLACES.get(state.length);
  if (!state || !places) throw corrupt("has a state of an unknown form");
  const order = ORDERS.get(textOf(state[places.endian]) ?? "");
  if (order === undefined) throw corrupt("has a byte order that is none of < > | =");
  return new NumpyDType(fromState(code, state, places, order, context));
};

function isRecord(value: PyValue | undefined): boolean {
  return value instanceof PyGlobal &&
    /^numpy\.(rec\.|core\.records\.)?record$/.test(value.fullName);
}

/** `dtype(numpy.float32)`: a class in place of the code. */
function classDType(value: PyValue | undefined): NumpyDType | undefined {
  if (!(value instanceof PyGlobal) || value.module !== "numpy") return undefined;
  const type = dtypeByName(value.name === "bool_" ? "bool" : value.name);
  return type && new NumpyDType({ dtype: type, byteOrder: "little" });
}

/** Pickles write the code without a byte order: `f8`, `i4`, `S3`, `O8`. */
function plainDType(code: string): StoredDType {
  return numpyDType(code);
}

function fromState(
  code: string,
  state: readonly PyValue[],
  places: { endian: number; subarray: number; names: number },
  byteOrder: ByteOrder,
  context: ReduceContext,
): StoredDType {
  const subarray = state[places.subarray];
  if (subarray !== null && subarray !== undefined) return fromSubarray(subarray, context);
  const fieldsAt = places.names < 0 ? places.subarray + 1 : places.names + 1;
  const itemsize = state[fieldsAt + 1];
  const fields = state[fieldsAt];
  if (fields instanceof PyDict) {
    const names = places.names < 0 ? fields.get(-1) : state[places.names];
    return { dtype: fromFields(names, fields, itemsize, context), byteOrder };
  }
  return { dtype: sizedDType(code, itemsize, state[8]), byteOrder };
}

function fromSubarray(value: PyValue, context: ReduceContext): StoredDType {
  const [base, shape] = itemsOf(value) ?? [];
  const dims = typeof shape === "number" ? [shape] : itemsOf(shape);
  if (!dims?.every((dim) => typeof dim === "number")) {
    throw corrupt("has a subarray without a shape");
  }
  const inner = dtypeOf(base, context);
  return { dtype: subarrayDType(inner.dtype, dims as number[]), byteOrder: inner.byteOrder };
}

function fromFields(
  names: PyValue | undefined,
  fields: PyDict,
  itemsize: PyValue | undefined,
  context: ReduceContext,
): DType {
  const list = itemsOf(names);
  if (!list || typeof itemsize !== "number") throw corrupt("has fields without names or a size");
  const made: Field[] = [];
  for (const item of list) {
    const name = textOf(item);
    const [type, offset, title] = itemsOf(fields.get(item)) ?? [];
    if (name === undefined || typeof offset !== "number") {
      throw corrupt("has a field without a place");
    }
    const stored = dtypeOf(type, context);
    made.push({
      name,
      title: textOf(title) ?? null,
      dtype: stored.dtype,
      offset,
      byteOrder: stored.byteOrder,
    });
  }
  return structDType(made, itemsize);
}

/** Types whose size or unit is in the state. */
function sizedDType(
  code: string,
  itemsize: PyValue | undefined,
  metadata: PyValue | undefined,
): DType {
  const letter = code[0]!;
  const size = typeof itemsize === "number" && itemsize >= 0 ? itemsize : undefined;
  if (letter === "S" && size !== undefined) return bytesDType(size);
  if (letter === "U" && size !== undefined) return strDType(size / 4);
  if (letter === "V" && size !== undefined) return voidDType(size);
  if (letter === "M" || letter === "m") {
    return timeDType(letter === "M" ? "datetime" : "timedelta", unitOf(metadata));
  }
  return plainDType(code).dtype;
}

/** `(user's metadata, (unit, multiple, 1, 1))`. */
function unitOf(metadata: PyValue | undefined): string {
  const [unit, multiple] = itemsOf(itemsOf(metadata)?.[1]) ?? [];
  const name = textOf(unit) ?? "generic";
  return typeof multiple === "number" && multiple !== 1 ? `${multiple}${name}` : name;
}

const stringDType: Reducer<PyObject> = () => {
  const type = dtypeByName("StringDType");
  return type && new NumpyDType({ dtype: type, byteOrder: "little" });
};

/** By the callee's Python 3 name. */
export const DTYPE_REDUCERS: readonly (readonly [string, Reducer<PyObject>])[] = [
  ["numpy.dtype", dtype],
  ["numpy._core._internal._convert_to_stringdtype_kwargs", stringDType],
];
