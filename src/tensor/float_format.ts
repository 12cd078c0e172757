/**
 * Floats of 16 bits and less, from their layout alone: one decoder for all of them.
 *
 * It agrees bit for bit with torch 2.13 on x86-64, NaNs included.
 *
 * @module
 */

/**
 * What the codes with the largest exponent (and the lone sign bit) mean.
 *
 * - `ieee`: infinities and NaNs.
 * - `fn`: no infinity; all ones is NaN; too large a number becomes the largest one.
 * - `fnuz`: no infinity, no -0; the lone sign bit is the one NaN; too large a number becomes it.
 * - `exponent`: a power of two without sign or mantissa; all ones is NaN.
 * - `finite`: numbers only.
 */
export type FloatSpecials = "ieee" | "fn" | "fnuz" | "exponent" | "finite";

/** The layout of a small float: sign, exponent, mantissa from the high bits down. */
export interface FloatFormat {
  /** Bits of the exponent. */
  readonly exponent: number;
  /** Bits of the mantissa. */
  readonly mantissa: number;
  /** What is subtracted from the exponent's code. */
  readonly bias: number;
  /** What the outermost codes mean. */
  readonly specials: FloatSpecials;
  /** The bits of a NaN as a float32, to which its mantissa is added. */
  readonly nan: number;
}

/** A NaN as the processor's own conversions give it. */
const QUIET = 0x7fc00000;

/** The NaN that torch's table-free decoders give. */
const SIGNALLING = 0x7f800001;

/** Lays out a format. */
function layout(
  exponent: number,
  mantissa: number,
  bias: number,
  specials: FloatSpecials,
  nan = QUIET,
): FloatFormat {
  return { exponent, mantissa, bias, specials, nan };
}

/** The small floats by the name of their dtype. */
export const FLOAT_FORMATS: ReadonlyMap<string, FloatFormat> = new Map([
  ["float16", layout(5, 10, 15, "ieee")],
  ["bfloat16", layout(8, 7, 127, "ieee", 0x7f800000)],
  ["float8_e5m2", layout(5, 2, 15, "ieee")],
  ["float8_e4m3fn", layout(4, 3, 7, "fn")],
  ["float8_e5m2fnuz", layout(5, 2, 16, "fnuz", SIGNALLING)],
  ["float8_e4m3fnuz", layout(4, 3, 8, "fnuz", SIGNALLING)],
  ["float8_e8m0fnu", layout(8, 0, 127, "exponent", SIGNALLING)],
  ["float6_e3m2", layout(3, 2, 3, "finite")],
  ["float6_e2m3", layout(2, 3, 1, "finite")],
  ["float4_e2m1", layout(2, 1, 1, "finite")],
]);

/** Every code of a format as a float32, by number and by bits. */
export interface DecodeTable {
  /** The numbers. */
  readonly values: Float32Array;
  /** The same memory as bits: NaNs pass through it unchanged. */
  readonly bits: Uint32Array;
}

const tables = new Map<FloatFormat, DecodeTable>();

/** The table of a format, made when it is first needed. */
export function decodeTable(format: FloatFormat): DecodeTable {
  let table = tables.get(format);
  if (!table) tables.set(format, table = buildTable(format));
  return table;
}

function buildTable(format: FloatFormat): DecodeTable {
  const sign = format.specials === "exponent" ? 0 : 1;
  const values = new Float32Array(2 ** (format.exponent + format.mantissa + sign));
  const bits = new Uint32Array(values.buffer);
  for (let code = 0; code < values.length; code++) {
    const nan = nanBits(format, code);
    if (nan !== 0) bits[code] = nan;
    else values[code] = decodeNumber(format, code);
  }
  return { values, bits };
}

/** The float32 bits of a code that is NaN, else 0. */
function nanBits(format: FloatFormat, code: number): number {
  const { exponent, mantissa, specials, nan } = format;
  const fraction = code & (2 ** mantissa - 1);
  const full = ((code >>> mantissa) & (2 ** exponent - 1)) === 2 ** exponent - 1;
  const isNan = specials === "ieee"
    ? full && fraction !== 0
    : specials === "fn"
    ? full && fraction === 2 ** mantissa - 1
    : specials === "fnuz"
    ? code === 2 ** (exponent + mantissa)
    : specials === "exponent" && full;
  if (!isNan) return 0;
  const negative = specials === "fnuz" ? 0 : code >>> (exponent + mantissa);
  return (negative * 0x80000000 + (nan | (fraction << (23 - mantissa)))) >>> 0;
}

function decodeNumber(format: FloatFormat, code: number): number {
  const { exponent, mantissa, bias, specials } = format;
  const raised = (code >>> mantissa) & (2 ** exponent - 1);
  if (specials === "exponent") return 2 ** (raised - bias);
  const fraction = (code & (2 ** mantissa - 1)) / 2 ** mantissa;
  const sign = code >>> (exponent + mantissa) ? -1 : 1;
  if (specials === "ieee" && raised === 2 ** exponent - 1) return sign * Infinity;
  return raised === 0
    ? sign * fraction * 2 ** (1 - bias)
    : sign * (1 + fraction) * 2 ** (raised - bias);
}
