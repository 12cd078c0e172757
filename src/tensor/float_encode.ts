/**
 * Rounds float32 to the floats of 16 bits and less, bit for bit as torch 2.13 does on x86-64.
 *
 * @module
 */

import type { FloatFormat } from "./float_format.ts";
import { encodeHalves, KERNEL_GROUP, KERNEL_PIECE } from "./kernels/kernels.ts";
import type { HalfName } from "./kernels/kernels.ts";

/** What a cast lost so far. */
export interface CastLosses {
  /** Numbers beyond what the new type holds. */
  overflow: number;
  /** Numbers other than 0 that became 0. */
  underflow: number;
}

const INFINITY_BITS = 0x7f800000;

/** The code nearest to a float32 given by its bits, ties to even. */
export function encodeFloat(format: FloatFormat, bits: number): number {
  const { specials } = format;
  const size = format.exponent + format.mantissa;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > INFINITY_BITS) return nanCode(format, bits);
  let code = roundedCode(format, magnitude);
  if (code > largestCode(format)) {
    code = overflowCode(format);
    if (specials === "fnuz") return code;
  }
  const unsigned = specials === "exponent" || (specials === "fnuz" && code === 0);
  return unsigned ? code : ((bits >>> 31) << size) | code;
}

/** The code of a magnitude as if there were no largest one. */
function roundedCode(format: FloatFormat, magnitude: number): number {
  const { mantissa, bias, specials } = format;
  const raised = magnitude >>> 23;
  const fraction = magnitude & 0x7fffff;
  if (specials === "exponent") {
    // To the nearest power of two, halfway up; a float32 without its implied bit is below halfway.
    return fraction > (raised > 0 ? 0x3fffff : 0x400000) ? raised + 1 : raised;
  }
  let shift = 23 - mantissa;
  // A float32 without its implied bit has the exponent of the smallest one that has it.
  let target = (raised || 1) - 127 + bias;
  if (target < 1) {
    shift += 1 - target;
    target = 1;
  }
  const code = (target - 1) << mantissa;
  // Beyond 25 places all 24 bits are less than half of the last place.
  if (shift > 25) return code;
  const whole = raised === 0 ? fraction : fraction | 0x800000;
  return code + ((whole + (1 << (shift - 1)) - 1 + ((whole >>> shift) & 1)) >>> shift);
}

/** The code of the largest finite number, without its sign. */
function largestCode({ exponent, mantissa, specials }: FloatFormat): number {
  const all = 2 ** (exponent + mantissa) - 1;
  if (specials === "ieee") return ((2 ** exponent - 1) << mantissa) - 1;
  return specials === "fn" || specials === "exponent" ? all - 1 : all;
}

/** What is too large becomes: infinite, the largest, or NaN. */
function overflowCode(format: FloatFormat): number {
  const { exponent, mantissa, specials } = format;
  if (specials === "ieee") return (2 ** exponent - 1) << mantissa;
  if (specials === "fnuz") return 1 << (exponent + mantissa);
  return specials === "exponent" ? 2 ** exponent - 1 : largestCode(format);
}

function nanCode(format: FloatFormat, bits: number): number {
  const { exponent, mantissa, specials } = format;
  const size = exponent + mantissa;
  if (specials === "fnuz") return 1 << size;
  if (specials === "exponent") return 2 ** size - 1;
  const sign = (bits >>> 31) << size;
  if (mantissa === 10) return sign | 0x7e00 | ((bits & 0x7fffff) >> 13); // as F16C does
  if (mantissa === 7) return 0xffff; // as torch's AVX code does, whatever the NaN was
  return sign | (2 ** size - 1);
}

/** Bits of float32 magnitudes at which a format changes its ways. */
interface Bounds {
  /** The least that isn't rounded to 0. */
  readonly nonzero: number;
  /** The least that one shift rounds: below, codes have no implied bit. */
  readonly normal: number;
  /** The least that is too large. */
  readonly overflow: number;
}

const bounds = new Map<FloatFormat, Bounds>();

function boundsOf(format: FloatFormat): Bounds {
  let found = bounds.get(format);
  if (!found) {
    const nonzero = firstAbove(format, 0);
    const overflow = firstAbove(format, largestCode(format));
    // 2^(1 - bias) as a float32; a format with float32's own exponents needs no second way.
    const normal = format.bias === 127 ? nonzero : (128 - format.bias) << 23;
    bounds.set(format, found = { nonzero, normal, overflow });
  }
  return found;
}

/** The least magnitude whose code is above another, by bisection: codes never fall. */
function firstAbove(format: FloatFormat, code: number): number {
  let low = 0;
  let high = INFINITY_BITS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (roundedCode(format, middle) > code) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Encodes float32 given by their bits, and counts what doesn't survive it. */
export function encodeFloats(
  format: FloatFormat,
  bits: Uint32Array,
  codes: Uint8Array | Uint16Array,
  losses: CastLosses,
): void {
  if (format.specials === "exponent") return encodePowers(format, bits, codes, losses);
  const half = HALVES.get(format.mantissa);
  if (half === undefined || codes.BYTES_PER_ELEMENT !== 2) {
    return encodeOneByOne(format, bits, codes, losses);
  }
  const words = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
  const target = new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
  for (let at = 0; at < bits.length; at += KERNEL_PIECE) {
    const count = Math.min(KERNEL_PIECE, bits.length - at);
    if (
      count % KERNEL_GROUP === 0 &&
      encodeHalves(half, words.subarray(4 * at), target.subarray(2 * at), count)
    ) continue;
    encodeOneByOne(format, bits.subarray(at, at + count), codes.subarray(at, at + count), losses);
  }
}

/** By the bits of the mantissa; of the formats with 16 bits there are no others. */
const HALVES: ReadonlyMap<number, HalfName> = new Map([[7, "bfloat16"], [10, "float16"]]);

function encodeOneByOne(
  format: FloatFormat,
  bits: Uint32Array,
  codes: Uint8Array | Uint16Array,
  losses: CastLosses,
): void {
  const { nonzero, normal, overflow } = boundsOf(format);
  const size = format.exponent + format.mantissa;
  const shift = 23 - format.mantissa;
  const rebias = (127 - format.bias) << 23;
  const half = (1 << (shift - 1)) - 1;
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const magnitude = word & 0x7fffffff;
    if (magnitude >= normal && magnitude < overflow) {
      const rebased = magnitude - rebias;
      const rounded = (rebased + half + ((rebased >>> shift) & 1)) >>> shift;
      codes[i] = ((word >>> 31) << size) | rounded;
      continue;
    }
    codes[i] = encodeFloat(format, word);
    if (magnitude < nonzero) losses.underflow += magnitude > 0 ? 1 : 0;
    else if (magnitude >= overflow && magnitude < INFINITY_BITS) losses.overflow++;
  }
}

/** Powers of two: they have no 0 that anything could become, and no sign. */
function encodePowers(
  format: FloatFormat,
  bits: Uint32Array,
  codes: Uint8Array | Uint16Array,
  losses: CastLosses,
): void {
  const { overflow } = boundsOf(format);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const magnitude = word & 0x7fffffff;
    codes[i] = encodeFloat(format, word);
    if (magnitude >= INFINITY_BITS || magnitude === 0) continue;
    if (word !== magnitude || magnitude >= overflow) losses.overflow++;
  }
}
