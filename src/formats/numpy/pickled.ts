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
import { PyDict } from "../../pickle/dict.ts";
import type { ReducerTable } from "../../pickle/reduce.ts";
import { PyGlobal } from "../../pickle/values.ts";
import type { PyBytes, PyObject, PyValue } from "../../pickle/values.ts";
import { PyView } from "../../pickle/view.ts";
import type { Reducer } from "../../pickle/view.ts";
import { swapWords } from "../../tensor/byte_order.ts";
import { permuteTensor } from "../../tensor/derive.ts";
import type { ByteOrder } from "../../tensor/dtype.ts";
import { bytesStorage } from "../../tensor/memory.ts";
import type { StoredDType } from "../../tensor/numpy_dtype.ts";
import { Storage } from "../../tensor/storage.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { bytesOf, itemsOf, orderOf, shapeOf, textOf } from "./arguments.ts";
import { makeArray, maskDType } from "./array.ts";
import { makeSubclass } from "./classes.ts";
import { DTYPE_REDUCERS, dtypeOf } from "./pickled_dtype.ts";
import { objectScalarLeaf, scalarLeaf } from "./scalars.ts";
import { structElements } from "./struct_elements.ts";

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", `A pickled numpy ${what}`);
}

/** The storage over a byte string in memory or in the stream. */
function makeStorage(bytes: PyBytes, id: string, byteOrder: ByteOrder, word: number): Storage {
  const { data, length: nbytes } = bytes;
  if (data) {
    const more = { source: bytesSource(data), byteOrder, word };
    if (word === 1) return bytesStorage(data, id, more);
    const swapped = data.slice();
    swapWords(swapped, word);
    return bytesStorage(swapped, id, more);
  }
  const { source, offset } = bytes.span!;
  if (!source) throw corrupt("array lies outside the pickle");
  return new Storage({ id, nbytes, source, offset, byteOrder, word });
}

/** Makes the reducers for one file. */
export function numpyReducers(): ReducerTable {
  let arrays = 0;

  /** The storages over a byte string: arrays over one buffer share it, if they swap it alike. */
  const storages = new Map<PyBytes, Storage[]>();
  const storageOf = (bytes: PyBytes, { byteOrder, dtype }: StoredDType): Storage => {
    const made = storages.get(bytes) ?? [];
    const word = byteOrder === "big" ? dtype.word : 1;
    const known = made.find((storage) => storage.byteOrder === byteOrder && storage.word === word);
    if (known) return known;
    const storage = makeStorage(bytes, `a${arrays++}`, byteOrder, word);
    made.push(storage);
    storages.set(bytes, made);
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
      const { dtype } = stored;
      const elements = dtype.fields === null ? data : structElements(dtype, data);
      return makeArray({ dtype, shape, order, elements });
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
    const [cls] = object.args.items;
    const made = array(dtypeOf(dtype, context), shapeOf(shape), orderOf(fortran), data);
    return makeSubclass(made, cls);
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
    const order = orderOf(fortran);
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
    if (stored.dtype.objects) {
      if (stored.dtype.fields === null) throw corrupt("scalar is of an object dtype");
      return objectScalarLeaf(stored.dtype);
    }
    const bytes = bytesOf(data);
    if (!bytes?.data || bytes.length < stored.dtype.itemsize) {
      throw corrupt(`scalar has ${bytes?.length ?? 0} bytes, its dtype ${stored.dtype.itemsize}`);
    }
    return scalarLeaf(stored, bytes.data.slice(0, stored.dtype.itemsize));
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
