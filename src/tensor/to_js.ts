/**
 * A loaded tensor's elements as plain JavaScript values in nested arrays.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { PyValue } from "../pickle/values.ts";
import { tensorBytes } from "./bytes.ts";
import type { MaterializeOptions } from "./bytes.ts";
import { decodeNumbers, wordsOf } from "./decode.ts";
import { dequantizer } from "./dequantize.ts";
import { halfOf } from "./dtype.ts";
import type { DType, DTypeKind } from "./dtype.ts";
import { countElements } from "./strides.ts";
import type { Tensor } from "./tensor.ts";

/**
 * An element, or nested arrays of them.
 *
 * | dtype | element |
 * | --- | --- |
 * | floats, integers up to 32 bits, quantized | a number (quantized: the one it stands for) |
 * | `int64`, `uint64`, `datetime64`, `timedelta64` | a number within ±(2^53-1), else a bigint; NaT is null |
 * | `bool` | a boolean |
 * | complex | `[real, imaginary]` |
 * | `|S4`, `<U5` | a string without the zeros at its end; bytes are read as Latin-1 |
 * | `|V3`, raw bits | a `Uint8Array` |
 * | structured | the array of its fields |
 * | objects | the Python value |
 */
export type TensorJS =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyValue
  | TensorJS[];

/** Elements that are made into JavaScript values unless the caller allows more. */
export const MAX_JS_ELEMENTS = 10_000_000;

/** See `Tensor.toJS`. */
export function tensorToJS(tensor: Tensor, options: MaterializeOptions = {}): TensorJS {
  const { dtype, shape } = tensor;
  const limit = options.maxElements ?? MAX_JS_ELEMENTS;
  const count = countValues(shape) * valuesIn(dtype);
  if (count > limit) {
    throw new StateDictError("limit", `A tensor has ${count} values, more than ${limit}`, {
      hint: "raise maxElements, or read it in parts, with chunks()",
    });
  }
  if (tensor.elements) return nest(tensor.elements, shape);
  const bytes = tensorBytes(tensor, { maxElements: limit });
  if (tensor.layout === "quantized") return nest(dequantized(tensor, bytes), shape);
  const values = elementsOf(dtype, bytes, tensor.numel);
  if (dtype.lanes === 1) return nest(values, shape);
  // Two numbers an element: the last dimension has twice as many.
  const last = shape.length - 1;
  return nest(values, last < 0 ? [dtype.lanes] : shape.with(last, shape[last]! * dtype.lanes));
}

/** Values that one element is made into. */
function valuesIn(dtype: DType): number {
  if (dtype.base !== null) return countValues(dtype.shape!) * valuesIn(dtype.base);
  if (dtype.fields === null) return dtype.lanes;
  return dtype.fields.reduce((sum, field) => sum + valuesIn(field.dtype), 1);
}

/** Elements, or the empty arrays that stand where there are none. */
function countValues(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) {
    if (size === 0) return count;
    count *= size;
  }
  return count;
}

function dequantized(tensor: Tensor, bytes: Uint8Array): number[] {
  const numbers = new Float64Array(tensor.numel);
  decodeNumbers(tensor.dtype, bytes, numbers);
  dequantizer(tensor)?.(numbers, 0);
  return Array.from(numbers);
}

/** Groups values by the sizes, the last dimension first. */
function nest(values: readonly TensorJS[], shape: readonly number[]): TensorJS {
  if (shape.length === 0) return values[0]!;
  let level = values;
  for (let dim = shape.length - 1; dim > 0; dim--) {
    const size = shape[dim]!;
    const groups: TensorJS[] = new Array(countElements(shape.slice(0, dim)));
    for (let i = 0; i < groups.length; i++) groups[i] = level.slice(i * size, (i + 1) * size);
    level = groups;
  }
  return level === values ? values.slice() : level as TensorJS[];
}

type Elements = (dtype: DType, bytes: Uint8Array, count: number) => TensorJS[];

const READERS: ReadonlyMap<DTypeKind, Elements> = new Map<DTypeKind, Elements>([
  ["float", numbers],
  ["int", (dtype, bytes, count) => dtype.bits === 64 ? longs(bytes) : numbers(dtype, bytes, count)],
  [
    "uint",
    (dtype, bytes, count) =>
      dtype.bits === 64 ? unsignedLongs(bytes) : numbers(dtype, bytes, count),
  ],
  ["quantized", numbers],
  ["bool", (_, bytes) => Array.from(bytes, (byte) => byte !== 0)],
  [
    "complex",
    (dtype, bytes, count) =>
      nest(numbers(halfOf(dtype)!, bytes, 2 * count), [count, 2]) as TensorJS[],
  ],
  ["datetime", (_, bytes) => longs(bytes).map((value) => value === NOT_A_TIME ? null : value)],
  ["timedelta", (_, bytes) => longs(bytes).map((value) => value === NOT_A_TIME ? null : value)],
  ["bytes", each((bytes) => latin1(bytes))],
  ["str", each((bytes) => text(bytes))],
  ["void", each((bytes) => bytes.slice())],
  ["bits", each((bytes) => bytes.slice())],
  ["struct", each((bytes, dtype) => structOf(dtype, bytes))],
  ["subarray", each((bytes, dtype) => subarrayOf(dtype, bytes))],
]);

function elementsOf(dtype: DType, bytes: Uint8Array, count: number): TensorJS[] {
  return READERS.get(dtype.kind)!(dtype, bytes, count);
}

/** Reads elements one by one. */
function each(read: (bytes: Uint8Array, dtype: DType) => TensorJS): Elements {
  return (dtype, bytes, count) => {
    const size = dtype.itemsize;
    const values = new Array<TensorJS>(count);
    for (let i = 0; i < count; i++) {
      values[i] = read(bytes.subarray(i * size, (i + 1) * size), dtype);
    }
    return values;
  };
}

function numbers(dtype: DType, bytes: Uint8Array, count: number): number[] {
  const out = new Float64Array(count * dtype.lanes);
  decodeNumbers(dtype, bytes, out);
  return Array.from(out);
}

/** numpy's mark for a time that isn't one. */
const NOT_A_TIME = -(2n ** 63n);

function longs(bytes: Uint8Array): (number | bigint)[] {
  return Array.from(wordsOf(bytes, BigInt64Array), plain);
}

function unsignedLongs(bytes: Uint8Array): (number | bigint)[] {
  return Array.from(wordsOf(bytes, BigUint64Array), plain);
}

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function latin1(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const parts: string[] = new Array(end);
  for (let i = 0; i < end; i++) parts[i] = String.fromCharCode(bytes[i]!);
  return parts.join("");
}

function text(bytes: Uint8Array): string {
  const points = wordsOf(bytes, Uint32Array);
  let end = points.length;
  while (end > 0 && points[end - 1] === 0) end--;
  const parts: string[] = new Array(end);
  for (let i = 0; i < end; i++) {
    if (points[i]! > 0x10ffff) {
      throw new StateDictError("corrupt", `Text holds ${points[i]}, which is no character`);
    }
    parts[i] = String.fromCodePoint(points[i]!);
  }
  return parts.join("");
}

/** The fields' values in order; types nest only as deep as they were let to when made. */
function structOf(dtype: DType, bytes: Uint8Array): TensorJS[] {
  return dtype.fields!.map(({ dtype: type, offset }) =>
    elementsOf(type, bytes.subarray(offset, offset + type.itemsize), 1)[0]!
  );
}

function subarrayOf(dtype: DType, bytes: Uint8Array): TensorJS {
  const count = countElements(dtype.shape!);
  return nest(elementsOf(dtype.base!, bytes.subarray(0, dtype.itemsize), count), dtype.shape!);
}
