/**
 * numpy arrays as tensors.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { PyValue } from "../../pickle/values.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import { structDType, subarrayDType } from "../../tensor/numpy_dtype.ts";
import type { Storage } from "../../tensor/storage.ts";
import { contiguousStrides, countElements, fortranStrides } from "../../tensor/strides.ts";
import { Tensor } from "../../tensor/tensor.ts";

/** What an array is made of. */
export interface ArrayInit {
  /** The elements' type. */
  readonly dtype: DType;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Row-major or column-major. */
  readonly order: "C" | "F";
  /** What holds the elements. */
  readonly storage?: Storage;
  /** Where they begin in it, in elements. */
  readonly offset?: number;
  /** The objects of an object array, row by row. */
  readonly elements?: PyValue[];
  /** Whether the storage must hold these elements and nothing else. */
  readonly exact?: boolean;
  /** What is to be said of how it is stored. */
  readonly details?: Map<string, PyValue>;
}

/** Describes an array. @throws `corrupt` if there are too few or too many bytes or objects. */
export function makeArray(init: ArrayInit): Tensor {
  const { dtype, shape, order, storage, elements } = init;
  const stride = order === "F" ? fortranStrides(shape) : contiguousStrides(shape);
  if (elements) {
    const count = countElements(shape);
    if (elements.length !== count) {
      throw new StateDictError(
        "corrupt",
        `An object array of ${count} elements comes with ${elements.length}`,
      );
    }
    // numpy walks an array of objects row by row, whatever order it will have.
    return new Tensor({ dtype, shape, stride, elements });
  }
  const nbytes = countElements(shape) * dtype.itemsize;
  if (init.exact && storage && nbytes !== storage.nbytes) {
    throw new StateDictError(
      "corrupt",
      `An array of ${nbytes} bytes comes with ${storage.nbytes}`,
    );
  }
  return new Tensor({
    dtype,
    shape,
    stride,
    offset: init.offset ?? 0,
    ...(storage ? { storage } : {}),
    ...(init.details ? { details: init.details } : {}),
  });
}

/** The dtype of a masked array's mask: a bool for every field, in the same nesting. */
export function maskDType(dtype: DType): DType {
  const bool = dtypeByName("bool")!;
  if (dtype.kind === "subarray") return subarrayDType(maskDType(dtype.base!), dtype.shape!);
  if (dtype.fields === null) return bool;
  let offset = 0;
  const fields = dtype.fields.map((field) => {
    const inner = maskDType(field.dtype);
    const placed = { ...field, dtype: inner, offset, byteOrder: "little" as const };
    offset += inner.itemsize;
    return placed;
  });
  return structDType(fields, offset);
}
