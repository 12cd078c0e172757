/**
 * A tensor from another: the same bytes, described differently.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { Tensor } from "./tensor.ts";
import type { TensorInit } from "./tensor.ts";

/** A second descriptor of the same elements, with some of its facts replaced. */
export function copyTensor(tensor: Tensor, changes: Partial<TensorInit> = {}): Tensor {
  const { dtype, shape, stride, offset, storage, layout, parts, details, elements } = tensor;
  const copy = new Tensor({
    dtype,
    shape,
    stride,
    offset,
    storage,
    layout,
    ...(parts ? { parts } : {}),
    ...(details ? { details } : {}),
    ...(elements ? { elements } : {}),
    ...changes,
  });
  copy.parameter = tensor.parameter;
  copy.requiresGrad = tensor.requiresGrad;
  copy.conj = tensor.conj;
  copy.neg = tensor.neg;
  copy.device = tensor.device;
  copy.className = tensor.className;
  copy.state = tensor.state;
  return copy;
}

/** The view with its axes in another order: dimension i is the tensor's dimension `axes[i]`. */
export function permuteTensor(tensor: Tensor, axes: readonly number[]): Tensor {
  const rank = tensor.shape.length;
  if (axes.length !== rank || new Set(axes).size !== rank || axes.some((axis) => !(axis < rank))) {
    throw new StateDictError("corrupt", `${axes.length} axes are no permutation of ${rank}`);
  }
  return copyTensor(tensor, {
    shape: axes.map((axis) => tensor.shape[axis]!),
    stride: axes.map((axis) => tensor.stride[axis]!),
  });
}
