/**
 * xz's numbers: seven bits a byte, lowest first, the highest bit set in all bytes but the last.
 *
 * @module
 */

/** The longest number has 63 bits. */
const LONGEST = 9;

/** Reads the number at `at`: itself and where the next begins, or undefined if there is none. */
export function readNumber(
  bytes: Uint8Array,
  at: number,
): readonly [number: number, next: number] | undefined {
  let number = 0;
  for (let i = 0; i < LONGEST && at + i < bytes.length; i++) {
    const byte = bytes[at + i]!;
    // A last byte of zero would be a second way to write a shorter number.
    if (byte === 0 && i > 0) return undefined;
    number += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return [number, at + i + 1];
  }
  return undefined;
}

/** Writes a number. */
export function numberBytes(number: number): Uint8Array {
  const bytes: number[] = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push(number % 128 + 128);
  return Uint8Array.from([...bytes, number]);
}
