/**
 * Tensors as numpy arrays: which can be one, and how their elements are laid out.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { copyTensor } from "../../tensor/derive.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { quoted } from "../../text/quoted.ts";
import { notPlain } from "../tensor_bytes.ts";
import { numpyRefusal } from "./npz_write.ts";

/** Throws `unsupported`, naming the first tensor that no array of numpy can be. */
export function checkArrays(tensors: ReadonlyMap<string, Tensor>, path: string): void {
  for (const [name, tensor] of tensors) {
    // Arrays of objects are written as they were read.
    const why = tensor.elements ? undefined : notPlain(tensor) ?? numpyRefusal(tensor);
    if (why === undefined) continue;
    throw new StateDictError("unsupported", `${quoted(name)} can't be an array of numpy: ${why}`, {
      path,
      hint: "leave it out with --drop, cast it with --dtype, or write a .pt or .json",
    });
  }
}

/** An array and the bytes that spell it. */
export interface ArrayLayout {
  /** The elements' type. */
  readonly dtype: DType;
  /** Its sizes. */
  readonly shape: readonly number[];
  /** Whether the bytes go column by column. */
  readonly fortran: boolean;
  /** A view whose row-major elements are the bytes. */
  readonly elements: Tensor;
}

/** Keeps an array that lies column by column as it is; any other is written row by row. */
export function rowMajor(tensor: Tensor): ArrayLayout {
  const { dtype, shape, stride } = tensor;
  const fortran = tensor.order === "F" && shape.length > 1;
  const elements = fortran
    ? copyTensor(tensor, { shape: shape.toReversed(), stride: stride.toReversed() })
    : tensor;
  return { dtype, shape, fortran, elements };
}
