/**
 * numpy arrays and scalars inside pickles.
 *
 * Forms: `_reconstruct(class, (0,), b"b")` with the state (version, shape, dtype, is_fortran,
 * data); `_frombuffer(buffer, dtype, shape, order[, axes])` since protocol 5;
 * `scalar(dtype, bytes)`; `_mareconstruct` for masked arrays. Their module was `numpy.core` before
 * numpy 2.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { bytesSource } from "../../io/source.ts";
import type { ReducerTable } from "../../pickle/reduce.ts";
import { hexText } from "../../pickle/tagged.ts";
import { encodeLatin1 } from "../../pickle/text.ts";
import { PyBytes, PyGlobal } from "../../pickle/values.ts";
import type { PyObject, PyValue } from "../../pickle/values.ts";
import { PyLeaf, PyView } from "../../pickle/view.ts";
import type { Reducer } from "../../pickle/view.ts";
import { PyDict } from "../../pickle/dict.ts";
import { permuteTensor } from "../../tensor/derive.ts";
import { describeDType } from "../../tensor/numpy_dtype.ts";
import type { StoredDType } from "../../tensor/numpy_dtype.ts";
import { blockFix, swapWords } from "../../tensor/byte_order.ts";
import { bytesStorage } from "../../tensor/memory.ts";
import { Storage } from "../../tensor/storage.ts";
import type { StoragePlace } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { JsonValue } from "../../text/json.ts";
import { makeArray, maskDType } from "./array.ts";
import { DTYPE_REDUCERS, dtypeOf, itemsOf, textOf } from "./pickled_dtype.ts";

/** Finds a byte string that was left in the stream. */
export type PlaceBytes = (bytes: PyBytes) => StoragePlace;

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", `A pickled numpy ${what}`);
}

/** A shape: non-negative ints. */
function shapeOf(value: PyValue | undefined): readonly number[] {
  const dims = typeof value === "number" ? [value] : itemsOf(value);
  if (dims?.every((dim) => typeof dim === "number" && Number.isInteger(dim) && dim >= 0)) {
    return dims as number[];
  }
  throw corrupt("array has a shape that can't be");
}

/** Bytes as such, or as the latin-1 text in which Python 2 and old protocols hold them. */
function bytesOf(value: PyValue | undefined): PyBytes | undefined {
  if (value instanceof PyBytes) return value;
  const bytes = typeof value === "string" ? encodeLatin1(value) : undefined;
  return bytes && new PyBytes("bytes", bytes);
}

/** Makes the reducers for one file; `place` finds long byte strings in it. */
export function numpyReducers(place: PlaceBytes): ReducerTable {
  let arrays = 0;

  /** The storage over a byte string; arrays over one buffer share it. */
  const storages = new Map<PyBytes, Storage>();
  const storageOf = (bytes: PyBytes, stored: StoredDType): Storage => {
    const known = storages.get(bytes);
    if (known) return known;
    const found = bytes.data ? { source: bytesSource(bytes.data), offset: 0 } : place(bytes);
    const storage = new Storage({
      id: `a${arrays++}`,
      nbytes: bytes.length,
      source: found.source,
      offset: found.offset,
      byteOrder: stored.byteOrder,
      word: stored.dtype.word,
    });
    storages.set(bytes, storage);
    return storage;
  };

  const array = (
    stored: StoredDType,
    shape: readonly number[],
    order: "C" | "F",
    data: PyValue | undefined,
  ): Tensor => {
    if (stored.dtype.objects || stored.dtype.name === "StringDType") {
      if (!Array.isArray(data)) {
        throw corrupt("array of objects has bytes where its objects should be");
      }
      return makeArray({ dtype: stored.dtype, shape, order, elements: data });
    }
    const bytes = bytesOf(data);
    if (!bytes) throw corrupt("array has no bytes");
    return makeArray({
      dtype: stored.dtype,
      shape,
      order,
      storage: storageOf(bytes, stored),
      exact: true,
    });
  };

  const reconstruct: Reducer<PyObject> = (object, context) => {
    const state = itemsOf(object.state);
    if (!state) return undefined;
    const [version, ...rest] = state.length === 5 ? state : [0, ...state];
    if (rest.length !== 4 || (version !== 1 && version !== 0)) {
      throw corrupt("array has a state of an unknown form");
    }
    const [shape, dtype, fortran, data] = rest;
    const order = fortran === true || fortran === 1 ? "F" : "C";
    const tensor = array(dtypeOf(dtype, context), shapeOf(shape), order, data);
    const [cls] = object.args.items;
    if (cls instanceof PyGlobal && cls.fullName !== "numpy.ndarray") {
      tensor.className = cls.fullName;
    }
    return tensor;
  };

  const frombuffer: Reducer<PyObject> = (object, context) => {
    const [buffer, dtype, shape, given, axes] = object.args.items;
    const order = textOf(given);
    const stored = dtypeOf(dtype, context);
    const bytes = bytesOf(buffer);
    if (!bytes || stored.dtype.objects) throw corrupt("array is made from no buffer");
    const dims = shapeOf(shape);
    const storage = storageOf(bytes, stored);
    if (order === "C" || order === "F") {
      return makeArray({ dtype: stored.dtype, shape: dims, order, storage, exact: true });
    }
    if (order !== "K") throw corrupt("array has an order that is none of C, F and K");
    const base = makeArray({ dtype: stored.dtype, shape: dims, order: "C", storage, exact: true });
    return permuteTensor(base, shapeOf(axes));
  };

  const masked: Reducer<PyObject> = (object, context) => {
    const state = itemsOf(object.state);
    if (state?.length !== 7) return undefined;
    const [, shape, dtype, fortran, data, mask, fill] = state;
    const dims = shapeOf(shape);
    const order = fortran === true || fortran === 1 ? "F" : "C";
    const stored = dtypeOf(dtype, context);
    const parts = new PyDict()
      .set("data", array(stored, dims, order, data))
      .set(
        "mask",
        array({ dtype: maskDType(stored.dtype), byteOrder: "little" }, dims, order, mask),
      )
      .set("fill_value", fill ?? null);
    const [cls] = object.args.items;
    const name = cls instanceof PyGlobal ? cls.name : "MaskedArray";
    return new PyView(`numpy.ma.${name}`, { dict: parts, object: true });
  };

  const scalar: Reducer<PyObject> = (object, context) => {
    const [dtype, data] = object.args.items;
    const stored = dtypeOf(dtype, context);
    const name = describeDType(stored.dtype) as JsonValue;
    if (stored.dtype.objects) {
      if (stored.dtype.fields === null) throw corrupt("scalar is of an object dtype");
      return new PyLeaf("$np", name);
    }
    const bytes = bytesOf(data);
    if (!bytes?.data || bytes.length < stored.dtype.itemsize) {
      throw corrupt(`scalar has ${bytes?.length ?? 0} bytes, its dtype ${stored.dtype.itemsize}`);
    }
    return scalarLeaf(stored, bytes.data.slice(0, stored.dtype.itemsize), name);
  };

  const forms: [string, Reducer<PyObject>][] = [
    ["multiarray._reconstruct", reconstruct],
    ["multiarray.scalar", scalar],
    ["numeric._frombuffer", frombuffer],
  ];
  return [
    ...DTYPE_REDUCERS,
    ...forms.flatMap(([name, reducer]) => [
      [`numpy._core.${name}`, reducer] as const,
      [`numpy.core.${name}`, reducer] as const,
    ]),
    ["numpy.ma.core._mareconstruct", masked],
    // numpy < 1.10 named the module of its functions after the package itself.
    ["numpy.multiarray._reconstruct", reconstruct],
    ["numpy.multiarray.scalar", scalar],
  ];
}

/** A scalar as its little-endian bytes in hex, and as the number that JavaScript has for it. */
function scalarLeaf(stored: StoredDType, bytes: Uint8Array<ArrayBuffer>, name: JsonValue): PyLeaf {
  const { dtype } = stored;
  if (stored.byteOrder === "big" && dtype.word > 1) swapWords(bytes, dtype.word);
  blockFix(dtype, false, false)?.(bytes);
  const tensor = new Tensor({ dtype, shape: [], storage: bytesStorage(bytes, "scalar") });
  return new PyLeaf("$np", name, scalarJS(tensor), new Map([["hex", hexText(bytes)]]));
}

/** What JavaScript has for a scalar; its bytes where it has nothing. */
function scalarJS(tensor: Tensor): unknown {
  const { kind } = tensor.dtype;
  return kind === "struct" || kind === "void" ? tensor.bytes() : tensor.toJS();
}
