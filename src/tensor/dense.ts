/**
 * Sparse tensors in full: what their parts stand for.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { castBytes } from "./cast.ts";
import { allocate } from "./access.ts";
import { dtypeByName, halfOf } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import { contiguousStrides, countElements } from "./strides.ts";
import type { Tensor } from "./tensor.ts";

/** Elements of a full tensor that is made of a sparse one: 2^26, as large as a large layer. */
export const MAX_DENSE: number = 2 ** 26;

/** Runs of values and where they go: element `to` of the full tensor takes element `from`. */
type Placement = (from: number, to: number, count: number) => void;

/** The elements of a loaded sparse tensor in full, row-major and little-endian. */
export function denseBytes(tensor: Tensor): Uint8Array<ArrayBuffer> {
  const total = countElements(tensor.shape);
  if (total > MAX_DENSE) {
    throw new StateDictError(
      "limit",
      `In full the tensor has ${total} elements, more than ${MAX_DENSE}`,
    );
  }
  const { itemsize } = tensor.dtype;
  const dense = allocate(total * itemsize);
  const values = tensor.parts!.get("values")!.bytes();
  const taken = new Uint8Array(total);
  placeAll(tensor, (from, to, count) => {
    for (let i = 0; i < count; i++) {
      const element = values.subarray((from + i) * itemsize, (from + i + 1) * itemsize);
      const target = dense.subarray((to + i) * itemsize, (to + i + 1) * itemsize);
      if (taken[to + i]) addElement(tensor.dtype, target, element);
      else target.set(element);
      taken[to + i] = 1;
    }
  });
  return dense;
}

function placeAll(tensor: Tensor, place: Placement): void {
  if (tensor.layout === "sparse_coo") placeCoordinates(tensor, place);
  else placeCompressed(tensor, place);
}

/** `indices` is [sparse dims, n]; each of the n values is a block of the dense dims. */
function placeCoordinates(tensor: Tensor, place: Placement): void {
  const indices = integers(tensor.parts!.get("indices")!);
  const [dims = 0, count = 0] = tensor.parts!.get("indices")!.shape;
  const stride = contiguousStrides(tensor.shape);
  const block = countElements(tensor.shape.slice(dims));
  for (let n = 0; n < count; n++) {
    let to = 0;
    for (let d = 0; d < dims; d++) {
      const index = indices[d * count + n]!;
      checkIndex(index, tensor.shape[d]!);
      to += index * stride[d]!;
    }
    place(n * block, to, block);
  }
}

/** Rows (or columns) are compressed; each value may be a block. Leading dimensions are a batch. */
function placeCompressed(tensor: Tensor, place: Placement): void {
  const parts = tensor.parts!;
  const byRow = parts.has("crow_indices");
  const compressed = parts.get(byRow ? "crow_indices" : "ccol_indices")!;
  const plain = parts.get(byRow ? "col_indices" : "row_indices")!;
  const values = parts.get("values")!;
  const batchDims = compressed.shape.length - 1;
  const batches = countElements(compressed.shape.slice(0, batchDims));
  const pointers = integers(compressed);
  const others = integers(plain);
  const perPointer = compressed.shape[batchDims]! - 1;
  const perPlain = plain.shape[batchDims]!;
  const blocked = values.shape.length > batchDims + 1;
  const [height, width] = blocked ? values.shape.slice(batchDims + 1) as [number, number] : [1, 1];
  const [rows, columns] = tensor.shape.slice(batchDims) as [number, number];
  for (let b = 0; b < batches; b++) {
    for (let p = 0; p < perPointer; p++) {
      const first = pointers[b * (perPointer + 1) + p]!;
      const last = pointers[b * (perPointer + 1) + p + 1]!;
      if (first < 0 || last < first || last > perPlain) throw badIndex(last, perPlain);
      for (let k = first; k < last; k++) {
        const other = others[b * perPlain + k]!;
        const row = (byRow ? p : other) * height;
        const column = (byRow ? other : p) * width;
        checkIndex(row + height - 1, rows);
        checkIndex(column + width - 1, columns);
        const from = (b * perPlain + k) * height * width;
        for (let y = 0; y < height; y++) {
          place(from + y * width, (b * rows + row + y) * columns + column, width);
        }
      }
    }
  }
}

function integers(part: Tensor): number[] {
  const bytes = part.bytes();
  const wide = castBytes(part.dtype, dtypeByName("int64")!, bytes).bytes;
  return Array.from(new BigInt64Array(wide.buffer, wide.byteOffset, wide.length / 8), Number);
}

function checkIndex(index: number, size: number): void {
  if (!(index >= 0 && index < size)) throw badIndex(index, size);
}

function badIndex(index: number, size: number): StateDictError {
  return new StateDictError(
    "corrupt",
    `A sparse tensor has index ${index} where there are ${size}`,
  );
}

/** Values at one place add up, each sum rounded to the dtype as PyTorch does it. */
function addElement(dtype: DType, target: Uint8Array, element: Uint8Array): void {
  const half = halfOf(dtype);
  if (half) {
    const size = half.itemsize;
    for (const at of [0, size]) {
      addElement(half, target.subarray(at, at + size), element.subarray(at, at + size));
    }
    return;
  }
  if (dtype.kind === "int" || dtype.kind === "uint") {
    let carry = 0;
    for (let i = 0; i < target.length; i++) {
      const sum = target[i]! + element[i]! + carry;
      target[i] = sum & 255;
      carry = sum >> 8;
    }
    return;
  }
  const double = dtypeByName("float64")!;
  const number = (bytes: Uint8Array) =>
    new Float64Array(castBytes(dtype, double, bytes.slice()).bytes.buffer)[0]!;
  const sum = new Float64Array([number(target) + number(element)]);
  target.set(castBytes(double, dtype, new Uint8Array(sum.buffer)).bytes);
}
