/**
 * Whether a tensor can be what a file says it is. Nothing is read or allocated before this.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { DType } from "./dtype.ts";
import { countElements, isRowMajor, spanOf } from "./strides.ts";

/** Dimensions a tensor may have: numpy's limit, and that of torch's own loops. */
export const MAX_DIMS = 64;

/**
 * Elements a tensor may have beyond what its storage holds before it is read in full: a stride of 0
 * makes a trillion elements of four bytes. 2^28 is what the reference hashes at most.
 */
export const MAX_EXPANDED: number = 2 ** 28;

/** What {@linkcode checkView} looks at. */
export interface View {
  /** The elements' type. */
  readonly dtype: DType;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Strides in elements. */
  readonly stride: readonly number[];
  /** First element. */
  readonly offset: number;
}

/** Refuses sizes, strides and an offset that torch would refuse too. */
export function checkView(view: View, name?: string): void {
  const { shape, stride, offset } = view;
  if (shape.length > MAX_DIMS) {
    throw new StateDictError(
      "limit",
      `${titled(name)} has ${shape.length} dimensions, more than ${MAX_DIMS}`,
    );
  }
  if (stride.length !== shape.length) {
    throw new StateDictError(
      "corrupt",
      `${titled(name)} has ${shape.length} sizes but ${stride.length} strides`,
    );
  }
  let numel = 1;
  for (let i = 0; i < shape.length; i++) {
    checkWhole(shape[i]!, "a size", name);
    checkWhole(stride[i]!, "a stride", name);
    numel *= shape[i]!;
  }
  checkWhole(offset, "an offset", name);
  if (numel > Number.MAX_SAFE_INTEGER && countElements(shape) > 0) {
    throw new StateDictError("limit", `${titled(name)} has ${numel} elements, more than 2^53`);
  }
}

function checkWhole(number: number, what: string, name: string | undefined): void {
  // Sizes beyond 2^53 occur, in tensors without elements.
  if (Number.isInteger(number) && number >= 0) return;
  throw new StateDictError("corrupt", `${titled(name)} has ${what} of ${number}`);
}

/** Refuses a view that reaches beyond its storage. Sums may pass 2^53, but then they are far beyond. */
export function checkReach(
  view: View,
  storage: { id: string; nbytes: number },
  name?: string,
): void {
  const { dtype, shape, stride, offset } = view;
  if (countElements(shape) === 0 || dtype.objects) return;
  let end = Math.ceil((offset + spanOf(shape, stride)) * dtype.bits / 8);
  if (dtype.bits < 8) {
    checkPacked(view, name);
    end = offset * dtype.bits / 8 + packedBytes(dtype, shape);
  }
  if (end <= storage.nbytes) return;
  throw new StateDictError(
    "corrupt",
    `${titled(name)} reaches byte ${end} of storage ${storage.id}, which has ${storage.nbytes}`,
  );
}

function checkPacked({ dtype, shape, stride, offset }: View, name: string | undefined): void {
  if (isRowMajor(shape, stride) && (offset * dtype.bits) % 8 === 0) return;
  throw new StateDictError(
    "unsupported",
    `${titled(name)} is a view of ${dtype.name} elements that doesn't lie in whole bytes`,
  );
}

/**
 * Bytes that so many elements of less than a byte take. torch packs rows without a gap, but gives a
 * quantized tensor the room of rows that begin on whole bytes; safetensors doesn't.
 */
export function packedBytes(dtype: DType, shape: readonly number[]): number {
  const numel = countElements(shape);
  if (dtype.kind !== "quantized" || shape.length === 0) return Math.ceil(numel * dtype.bits / 8);
  const columns = shape[shape.length - 1]!;
  return columns === 0 ? 0 : (numel / columns) * Math.ceil(columns * dtype.bits / 8);
}

function titled(name: string | undefined): string {
  return name === undefined ? "A tensor" : `Tensor "${name}"`;
}
