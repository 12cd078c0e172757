/**
 * The parts of rebuild calls that several functions share: storages, views, tensors.
 *
 * @module
 */

import { PyObject, PyPersistent } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { ReduceContext } from "../../pickle/view.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { badCall, intArgument, intsArgument } from "./arguments.ts";
import { TorchStorage } from "./storages.ts";

/** The storage that an argument names: a persistent id, or a call that carries the bytes. */
export function storageArgument(
  object: PyObject,
  value: PyValue | undefined,
  context: ReduceContext,
): TorchStorage {
  if (value instanceof PyPersistent || value instanceof PyObject) {
    const storage = context.reduce(value);
    if (storage instanceof TorchStorage) return storage;
  }
  if (value instanceof PyPersistent && typeof value.id === "string") {
    throw badCall(
      object,
      "is given a storage by a text, as protocol 0 spells it: it can't be found",
    );
  }
  throw badCall(object, "is given no storage");
}

/** A strided tensor over a storage, with its bounds checked. */
export function strided(
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

/** The dtype of the class that names a storage; bytes for an untyped one. */
export function typedDtype(object: PyObject, storage: TorchStorage): DType {
  const dtype = dtypeByName(storage.dtype === "untyped" ? "uint8" : storage.dtype);
  if (!dtype) throw badCall(object, `is given a storage of unknown dtype ${storage.dtype}`);
  return dtype;
}

/** A tensor that another call makes. */
export function tensorArgument(
  object: PyObject,
  value: PyValue | undefined,
  context: ReduceContext,
): Tensor {
  const tensor = value === undefined ? undefined : context.reduce(value);
  if (tensor instanceof Tensor) return tensor;
  throw badCall(object, "is given no tensor");
}
