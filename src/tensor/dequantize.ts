/**
 * The numbers that quantized integers stand for: `(integer - zero point) * scale`, in float32 as
 * torch does.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyFloat } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { tensorBytes } from "./bytes.ts";
import { canDecode, decodeNumbers } from "./decode.ts";
import type { Numbers } from "./decode.ts";
import type { Tensor } from "./tensor.ts";

/** Turns integers into numbers in place; `start` is the row-major index of the first. */
export type Dequantize = (numbers: Numbers, start: number) => void;

/** How a loaded tensor's integers become numbers; null if it isn't a quantized tensor. */
export function dequantizer(tensor: Tensor): Dequantize | null {
  if (tensor.layout !== "quantized") return null;
  const scales = tensor.parts?.get("scales");
  const zeros = tensor.parts?.get("zero_points");
  return scales && zeros ? perChannel(tensor, scales, zeros) : perTensor(tensor);
}

function perTensor(tensor: Tensor): Dequantize {
  const scale = Math.fround(numberIn(tensor, "scale"));
  const zero = numberIn(tensor, "zero_point");
  return (numbers) => {
    for (let i = 0; i < numbers.length; i++) {
      numbers[i] = Math.fround(scale * Math.fround(numbers[i]! - zero));
    }
  };
}

function perChannel(tensor: Tensor, scaleTensor: Tensor, zeroTensor: Tensor): Dequantize {
  const axis = numberIn(tensor, "axis");
  const channels = tensor.shape[axis];
  if (channels === undefined || scaleTensor.numel !== channels || zeroTensor.numel !== channels) {
    throw new StateDictError(
      "corrupt",
      `A quantized tensor has ${scaleTensor.numel} scales and ${zeroTensor.numel} zero points ` +
        `for the ${channels ?? 0} channels of axis ${axis}`,
    );
  }
  const scales = new Float32Array(numbersOf(scaleTensor));
  const zeros = numbersOf(zeroTensor);
  let inner = 1;
  for (let i = axis + 1; i < tensor.shape.length; i++) inner *= tensor.shape[i]!;
  return (numbers, start) => {
    let channel = Math.floor(start / inner) % channels;
    let left = inner - start % inner;
    for (let i = 0; i < numbers.length; i++) {
      numbers[i] = Math.fround(scales[channel]! * Math.fround(numbers[i]! - zeros[channel]!));
      if (--left > 0) continue;
      left = inner;
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
  };
}

function numbersOf(tensor: Tensor): Float64Array {
  const numbers = new Float64Array(tensor.numel);
  if (!canDecode(tensor.dtype) || tensor.dtype.lanes !== 1) {
    throw new StateDictError("corrupt", `Quantization numbers of dtype ${tensor.dtype.name}`);
  }
  decodeNumbers(tensor.dtype, tensorBytes(tensor), numbers);
  return numbers;
}

function numberIn(tensor: Tensor, name: string): number {
  const value: PyValue | undefined = tensor.details?.get(name);
  const number = value instanceof PyFloat
    ? value.value
    : typeof value === "bigint"
    ? Number(value)
    : value;
  if (typeof number === "number") return number;
  throw new StateDictError("corrupt", `A quantized tensor has no ${name}`);
}
