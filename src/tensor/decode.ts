/**
 * From little-endian bytes to numbers, for every type whose elements are real numbers.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { DType } from "./dtype.ts";
import { decodeTable } from "./float_format.ts";
import { decodeHalves, KERNEL_GROUP, KERNEL_PIECE } from "./kernels/kernels.ts";
import type { HalfName } from "./kernels/kernels.ts";

/** What numbers are decoded into. */
export type Numbers = Float32Array | Float64Array;

/** Fills `out` with the numbers that the bytes hold; both have the same count. */
type Decoder = (bytes: Uint8Array, out: Numbers, dtype: DType) => void;

/** A typed array's constructor. */
export interface WordArray<T> {
  /** Makes a view. */
  new (buffer: ArrayBuffer, offset: number, length: number): T;
  /** Bytes of an element. */
  readonly BYTES_PER_ELEMENT: number;
}

const IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Little-endian bytes as a typed array; a copy if they don't lie on whole words. */
export function wordsOf<T>(bytes: Uint8Array, constructor: WordArray<T>): T {
  if (!IS_LITTLE) {
    throw new StateDictError("unsupported", "This machine's numbers are big-endian");
  }
  const size = constructor.BYTES_PER_ELEMENT;
  const whole = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, length } = whole as Uint8Array<ArrayBuffer>;
  return new constructor(buffer, byteOffset, Math.floor(length / size));
}

/** A decoder for a type that JavaScript has. */
function native(constructor: WordArray<ArrayLike<number>>): Decoder {
  return (bytes, out) => out.set(wordsOf(bytes, constructor));
}

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["float64", native(Float64Array)],
  ["float32", native(Float32Array)],
  ["bfloat16", (bytes, out, dtype) => decodeMany("bfloat16", bytes, out, dtype, decodeUpperHalf)],
  ["float128", decodeExtended],
  ["int64", (bytes, out) => decodeLong(bytes, out, true)],
  ["int32", native(Int32Array)],
  ["int16", native(Int16Array)],
  ["int8", native(Int8Array)],
  ["uint64", (bytes, out) => decodeLong(bytes, out, false)],
  ["uint32", native(Uint32Array)],
  ["uint16", native(Uint16Array)],
  ["uint8", native(Uint8Array)],
  ["bool", (bytes, out) => {
    for (let i = 0; i < out.length; i++) out[i] = bytes[i] === 0 ? 0 : 1;
  }],
  ["qint8", native(Int8Array)],
  ["quint8", native(Uint8Array)],
  ["qint32", native(Int32Array)],
  ["quint4x2", unpackBits],
  ["quint2x4", unpackBits],
  ["float4_e2m1fn_x2", decodePacked],
  ["F4", decodePacked],
]);

/** Whether {@linkcode decodeNumbers} knows the type. */
export function canDecode(dtype: DType): boolean {
  return DECODERS.has(dtype.name) || (dtype.format !== null && dtype.bits >= 8);
}

/**
 * Decodes whole elements into `out`, one number each (two for `float4_e2m1fn_x2`). Quantized
 * elements give their integers. A number that `out` can't hold is rounded to the nearest it can.
 */
export function decodeNumbers(dtype: DType, bytes: Uint8Array, out: Numbers): void {
  const decode = DECODERS.get(dtype.name) ?? (canDecode(dtype) ? decodeSmall : null);
  if (!decode) {
    throw new StateDictError(
      "unsupported",
      `Elements of dtype ${dtype.name} aren't read as numbers`,
      {
        hint: "read its bytes",
      },
    );
  }
  decode(bytes, out, dtype);
}

/** Floats of 8 and 16 bits. */
function decodeSmall(bytes: Uint8Array, out: Numbers, dtype: DType): void {
  if (dtype.name === "float16") decodeMany("float16", bytes, out, dtype, decodeByTable);
  else decodeByTable(bytes, out, dtype);
}

/** Floats of 16 bits, many at a time where the kernels can, else by another way. */
function decodeMany(
  name: HalfName,
  bytes: Uint8Array,
  out: Numbers,
  dtype: DType,
  otherwise: Decoder,
): void {
  if (!(out instanceof Float32Array)) return otherwise(bytes, out, dtype);
  const target = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  for (let at = 0; at < out.length; at += KERNEL_PIECE) {
    const count = Math.min(KERNEL_PIECE, out.length - at);
    const codes = bytes.subarray(2 * at);
    if (
      count % KERNEL_GROUP === 0 && decodeHalves(name, codes, target.subarray(4 * at), count)
    ) continue;
    otherwise(codes, out.subarray(at, at + count), dtype);
  }
}

function decodeByTable(bytes: Uint8Array, out: Numbers, dtype: DType): void {
  const table = decodeTable(dtype.format!);
  const codes = dtype.bits === 16 ? wordsOf(bytes, Uint16Array) : bytes;
  if (out instanceof Float32Array) {
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
    for (let i = 0; i < bits.length; i++) bits[i] = table.bits[codes[i]!]!;
  } else {
    for (let i = 0; i < out.length; i++) out[i] = table.values[codes[i]!]!;
  }
}

/** The upper half of a float32. */
function decodeUpperHalf(bytes: Uint8Array, out: Numbers): void {
  const codes = wordsOf(bytes, Uint16Array);
  const floats = out instanceof Float32Array ? out : new Float32Array(out.length);
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let i = 0; i < bits.length; i++) bits[i] = codes[i]! << 16;
  if (floats !== out) out.set(floats);
}

/** 4-bit floats, the first in the low bits. */
function decodePacked(bytes: Uint8Array, out: Numbers, dtype: DType): void {
  const { values } = decodeTable(dtype.format!);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[(bytes[i >> 1]! >> (4 * (i & 1))) & 15]!;
  }
}

/** Integers of 4 and 2 bits, the first in the low bits. */
function unpackBits(bytes: Uint8Array, out: Numbers, dtype: DType): void {
  const { bits } = dtype;
  for (let i = 0; i < out.length; i++) {
    const at = i * bits;
    out[i] = (bytes[Math.floor(at / 8)]! >> (at % 8)) & (2 ** bits - 1);
  }
}

/** 64-bit integers, rounded once, to what `out` holds. */
function decodeLong(bytes: Uint8Array, out: Numbers, signed: boolean): void {
  const words = wordsOf(bytes, Uint32Array);
  const narrow = out instanceof Float32Array;
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i]!;
    const high = signed ? words[2 * i + 1]! | 0 : words[2 * i + 1]!;
    // Rounding to a double first could round a float32 the wrong way. So the 11 bits that a double
    // may have to drop become one: too small to move a float32, enough to tell it from a tie.
    const folds = narrow && Math.abs(high) >= 0x200000 && (low & 0x7ff) !== 0;
    out[i] = high * 0x100000000 + (folds ? ((low | 0x800) & ~0x7ff) >>> 0 : low);
  }
}

/** x86's 80-bit numbers in 16 bytes, rounded to the nearest double. */
function decodeExtended(bytes: Uint8Array, out: Numbers): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < out.length; i++) {
    const mantissa = view.getBigUint64(16 * i, true);
    const top = view.getUint16(16 * i + 8, true);
    const sign = top & 0x8000 ? -1 : 1;
    const exponent = top & 0x7fff;
    if (exponent === 0x7fff) {
      out[i] = BigInt.asUintN(63, mantissa) === 0n ? sign * Infinity : NaN;
    } else out[i] = sign * scale(Number(mantissa), Math.max(exponent, 1) - 16383 - 63);
  }
}

/** `number * 2^power`, in steps that don't overflow before the result does. */
function scale(number: number, power: number): number {
  let result = number;
  let left = power;
  for (; left > 1000; left -= 1000) {
    result *= 2 ** 1000;
    if (!Number.isFinite(result)) return result;
  }
  for (; left < -1000; left += 1000) {
    result *= 2 ** -1000;
    if (result === 0) return 0;
  }
  return result * 2 ** left;
}
