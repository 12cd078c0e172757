/**
 * A loaded tensor's elements as the typed array that fits, or as float32.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { allocate } from "./access.ts";
import { tensorBytes } from "./bytes.ts";
import type { MaterializeOptions } from "./bytes.ts";
import { decodeNumbers, wordsOf } from "./decode.ts";
import type { WordArray } from "./decode.ts";
import { dequantizer } from "./dequantize.ts";
import { isReal } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/** A `Float16Array`, which not every runtime and not every version of the types has. */
export interface HalfArray extends ArrayBufferView<ArrayBuffer> {
  /** Elements. */
  readonly length: number;
  /** Two. */
  readonly BYTES_PER_ELEMENT: number;
  /** The elements as numbers. */
  [index: number]: number;
}

/** The typed arrays that a tensor's elements may come in. */
export type TensorData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | HalfArray
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

const Half = (globalThis as { Float16Array?: WordArray<HalfArray> }).Float16Array ?? Uint16Array;

/** Types whose elements a typed array holds; all others come as bytes. */
const ARRAYS: ReadonlyMap<string, WordArray<TensorData>> = new Map<string, WordArray<TensorData>>([
  ["float64", Float64Array],
  ["float32", Float32Array],
  ["float16", Half],
  ["bfloat16", Uint16Array],
  ["complex128", Float64Array],
  ["complex64", Float32Array],
  ["complex32", Half],
  ["int64", BigInt64Array],
  ["int32", Int32Array],
  ["int16", Int16Array],
  ["int8", Int8Array],
  ["uint64", BigUint64Array],
  ["uint32", Uint32Array],
  ["uint16", Uint16Array],
  ["qint8", Int8Array],
  ["qint32", Int32Array],
  ["bits16", Uint16Array],
]);

/** Types with a size or unit in their name: text is code points, times are counts. */
const BY_KIND: ReadonlyMap<string, WordArray<TensorData>> = new Map<
  string,
  WordArray<TensorData>
>([
  ["str", Uint32Array],
  ["datetime", BigInt64Array],
  ["timedelta", BigInt64Array],
]);

/** See `Tensor.data`. */
export function tensorData(tensor: Tensor): TensorData {
  const { dtype } = tensor;
  const bytes = tensorBytes(tensor);
  const array = ARRAYS.get(dtype.name) ?? BY_KIND.get(dtype.kind);
  return array ? wordsOf(bytes, array) : bytes;
}

/** See `Tensor.toFloat32`. */
export function tensorFloat32(
  tensor: Tensor,
  options: MaterializeOptions = {},
): Float32Array<ArrayBuffer> {
  checkReal(tensor.dtype);
  const bytes = tensorBytes(tensor, options);
  const numbers = new Float32Array(allocate(4 * tensor.numel * tensor.dtype.lanes).buffer);
  decodeNumbers(tensor.dtype, bytes, numbers);
  dequantizer(tensor)?.(numbers, 0);
  return numbers;
}

function checkReal(dtype: DType): void {
  if (isReal(dtype)) return;
  throw new StateDictError("unsupported", `Elements of dtype ${dtype.name} aren't real numbers`, {
    hint: "read its data",
  });
}
