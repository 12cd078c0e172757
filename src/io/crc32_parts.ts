/**
 * CRC-32s of the parts of a run of bytes, worked out from one another.
 *
 * A CRC is a remainder of polynomials over GF(2): bytes that follow multiply it by a power of x.
 *
 * @module
 */

/** The polynomial of zip and gzip without its highest term, the lowest power in the highest bit. */
const POLYNOMIAL = 0xedb88320;

/** 1 and x^8 in that order of bits. */
const ONE = 0x80000000;
const X8 = 0x00800000;

/**
 * The CRC-32 of the last `length` bytes of a run.
 *
 * @param whole The CRC-32 of all of the run.
 * @param before The CRC-32 of the bytes before those.
 */
export function crc32OfRest(whole: number, before: number, length: number): number {
  let power = ONE;
  for (let square = X8, rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  return (whole ^ multiply(before, power)) >>> 0;
}

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return product >>> 0;
}
