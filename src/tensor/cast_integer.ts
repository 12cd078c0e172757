/**
 * Casts to integers, as x86-64's instructions and torch's choice of them have it.
 *
 * @module
 */

import { wordsOf } from "./decode.ts";
import type { WordArray } from "./decode.ts";
import type { DType } from "./dtype.ts";
import type { CastLosses } from "./float_encode.ts";

const TWO_31 = 2 ** 31;
const TWO_63 = 2 ** 63;

/** Casts numbers to integers by dropping the fraction; one that doesn't fit is counted. */
export function castToInteger(
  to: DType,
  numbers: Float64Array,
  bytes: Uint8Array,
  losses: CastLosses,
): void {
  if (to.bits === 64) castToLong(to.kind === "int", numbers, bytes, losses);
  else {
    const { array, convert } = TARGETS.get(to.name)!;
    const out = wordsOf(bytes, array);
    for (let i = 0; i < numbers.length; i++) {
      out[i] = convert(numbers[i]!);
      countLoss(numbers[i]!, out[i]!, losses);
    }
  }
}

type Integers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

interface Target {
  readonly array: WordArray<Integers>;
  /** The integer, of which the array keeps the low bits. */
  readonly convert: (value: number) => number;
}

const TARGETS: ReadonlyMap<string, Target> = new Map<string, Target>([
  ["int8", { array: Int8Array, convert: toInt32 }],
  ["uint8", { array: Uint8Array, convert: toUint8 }],
  ["int16", { array: Int16Array, convert: toInt32 }],
  ["uint16", { array: Uint16Array, convert: toInt32 }],
  ["int32", { array: Int32Array, convert: toInt32 }],
  ["uint32", { array: Uint32Array, convert: toUint32 }],
]);

function countLoss(before: number, after: number, losses: CastLosses): void {
  if (before === after) return;
  if (Math.trunc(before) !== after) losses.overflow++;
  else if (after === 0) losses.underflow++;
}

/** What doesn't fit becomes -2^31, as by x86's `cvttsd2si`. */
function toInt32(value: number): number {
  return value > -TWO_31 - 1 && value < TWO_31 ? value | 0 : -TWO_31;
}

/** torch goes by 64 bits to this one type. */
function toUint8(value: number): number {
  return value >= -TWO_63 && value < TWO_63 ? Math.trunc(value) % 256 : 0;
}

/** From 2^31 on numbers are moved down and up again. torch's own loops differ in what doesn't fit. */
function toUint32(value: number): number {
  return (value >= TWO_31 ? toInt32(value - TWO_31) ^ -TWO_31 : toInt32(value)) >>> 0;
}

function castToLong(
  signed: boolean,
  numbers: Float64Array,
  bytes: Uint8Array,
  losses: CastLosses,
): void {
  const out = wordsOf(bytes, BigInt64Array);
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i]!;
    const high = !signed && value >= TWO_63;
    const near = Math.trunc(high ? value - TWO_63 : value);
    const fits = near >= -TWO_63 && near < TWO_63;
    const long = fits ? BigInt(near) : -(1n << 63n);
    out[i] = high ? long ^ -(1n << 63n) : long;
    if (!fits || (!signed && near < 0)) losses.overflow++;
    else if (near === 0 && value !== 0 && !high) losses.underflow++;
  }
}

/** Casts integers to integers: the low bits stay, the sign spreads; one that changes is counted. */
export function wrapIntegers(
  from: DType,
  to: DType,
  input: Uint8Array,
  bytes: Uint8Array,
  losses: CastLosses,
): void {
  const fromSize = from.itemsize;
  const toSize = to.itemsize;
  const fromSigned = from.kind === "int";
  const toSigned = to.kind === "int";
  for (let at = 0, out = 0; out < bytes.length; at += fromSize, out += toSize) {
    const negative = fromSigned && input[at + fromSize - 1]! >= 128;
    const fill = negative ? 255 : 0;
    for (let i = 0; i < toSize; i++) bytes[out + i] = i < fromSize ? input[at + i]! : fill;
    // The value is the same if the sign is, and all that was cut off was the sign.
    let same = negative === (toSigned && bytes[out + toSize - 1]! >= 128);
    for (let i = toSize; i < fromSize; i++) same &&= input[at + i] === fill;
    if (!same) losses.overflow++;
  }
}
