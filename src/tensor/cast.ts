/**
 * Casts between real types, as torch 2.13 does them on x86-64, and a count of what they lose.
 *
 * Floats round to the nearest, ties to even, and go through float32 to the types of 16 bits and
 * less, as torch's do. What is too large becomes infinite, in `float8_e4m3fn` the largest number, in
 * the `fnuz` types and `float8_e8m0fnu` NaN. Floats lose their fraction on the way to integers;
 * integers wrap round; everything but 0 is true.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { castToInteger, wrapIntegers } from "./cast_integer.ts";
import { canDecode, decodeNumbers, wordsOf } from "./decode.ts";
import type { Numbers } from "./decode.ts";
import { halfOf, isReal, sameDType } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import { encodeFloats } from "./float_encode.ts";
import type { CastLosses } from "./float_encode.ts";

/** The cast bytes, and how many numbers they don't show any more. */
export interface CastResult {
  /** Little-endian elements of the new type. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Numbers beyond what the new type holds. */
  readonly overflow: number;
  /** Numbers other than 0 that became 0. */
  readonly underflow: number;
}

/** Whether {@linkcode castBytes} casts so; the same type always does. */
export function canCast(from: DType, to: DType): boolean {
  if (sameDType(from, to)) return true;
  const [fromHalf, toHalf] = [halfOf(from), halfOf(to)];
  if (fromHalf !== null && toHalf !== null) return canCast(fromHalf, toHalf);
  return isCastable(from) && isCastable(to) && to.name !== "float128";
}

/** Quantized integers stand for other numbers, and packed floats share their bytes: torch casts neither. */
function isCastable(dtype: DType): boolean {
  return isReal(dtype) && dtype.kind !== "quantized" && dtype.lanes === 1 && dtype.bits >= 8 &&
    canDecode(dtype);
}

/**
 * Casts whole little-endian elements.
 *
 * @param room Where the result goes, on a multiple of 8 bytes; a new array if left out.
 */
export function castBytes(
  from: DType,
  to: DType,
  input: Uint8Array,
  room?: Uint8Array<ArrayBuffer>,
): CastResult {
  if (!canCast(from, to)) {
    throw new StateDictError("unsupported", `No cast leads from ${from.name} to ${to.name}`);
  }
  const fromHalf = halfOf(from);
  if (fromHalf !== null) return castBytes(fromHalf, halfOf(to)!, input, room);
  const count = Math.floor(input.length / from.itemsize);
  const bytes = (room ?? new Uint8Array(count * to.itemsize)).subarray(0, count * to.itemsize);
  const losses: CastLosses = { overflow: 0, underflow: 0 };
  if (sameDType(from, to)) bytes.set(input.subarray(0, bytes.length));
  else if (isInteger(from) && isInteger(to)) wrapIntegers(from, to, input, bytes, losses);
  else {
    const numbers = numbersFor(from, to, input, bytes);
    if (from.name === "float64" && numbers instanceof Float32Array) {
      countNarrowing(input, numbers, losses);
    }
    encode(to, numbers, bytes, losses);
  }
  return { bytes, ...losses };
}

/**
 * The numbers as float32 on the way to float32 and smaller floats, else as doubles: where the
 * result is to be, if that is what they are.
 */
function numbersFor(from: DType, to: DType, input: Uint8Array, bytes: Uint8Array): Numbers {
  const narrow = to.kind === "float" && to.bits < 64;
  if (narrow && from.name === "float32") return wordsOf(input, Float32Array);
  const array = narrow ? Float32Array : Float64Array;
  const numbers = isNative(to)
    ? wordsOf<Numbers>(bytes, array)
    : new array(bytes.length / to.itemsize);
  decodeNumbers(from, input, numbers);
  return numbers;
}

/** Whether a result is the numbers themselves. */
function isNative(to: DType): boolean {
  return to.name === "float32" || to.name === "float64";
}

function isInteger(dtype: DType): boolean {
  return dtype.kind === "int" || dtype.kind === "uint";
}

/** What a double loses on becoming a float32, before that becomes anything else. */
function countNarrowing(input: Uint8Array, numbers: Float32Array, losses: CastLosses): void {
  const doubles = new DataView(input.buffer, input.byteOffset, input.byteLength);
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (number !== 0 && Number.isFinite(number)) continue;
    const before = doubles.getFloat64(8 * i, true);
    if (number === 0 ? before !== 0 : Number.isFinite(before)) {
      losses[number === 0 ? "underflow" : "overflow"]++;
    }
  }
}

function encode(to: DType, numbers: Numbers, bytes: Uint8Array, losses: CastLosses): void {
  if (isNative(to)) return; // they are there already
  if (to.kind === "bool") {
    for (let i = 0; i < numbers.length; i++) bytes[i] = numbers[i] === 0 ? 0 : 1;
  } else if (to.format !== null) {
    const codes = to.bits === 16 ? wordsOf(bytes, Uint16Array) : bytes;
    encodeFloats(
      to.format,
      new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length),
      codes,
      losses,
    );
  } else castToInteger(to, numbers as Float64Array, bytes, losses);
}
