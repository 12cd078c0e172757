/**
 * Headers of tar members (POSIX.1-2017, ustar, and GNU's ways beyond it).
 *
 * @module
 */

/** Bytes of a header, and the unit in which members are padded. */
export const BLOCK: number = 512;

/** Types of members that hold the name of the next one: GNU's and pax's. */
export const LONG_NAMES: ReadonlySet<string> = new Set(["L", "K", "x", "g"]);

/** What a header says. */
export interface TarHeader {
  /** The member's path. */
  readonly name: string;
  /** Bytes of the member. */
  readonly size: number;
  /** One character: `0` or NUL for a file, `5` for a folder, others for links and devices. */
  readonly type: string;
  /** What a link leads to. */
  readonly link: string;
}

/** Whether a block is a header: its checksum counts itself as blanks. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return octal(block.subarray(148, 156)) === sum;
}

/** Reads a header that {@linkcode isTarHeader} has taken. */
export function readTarHeader(block: Uint8Array): TarHeader {
  const isUstar = textOf(block.subarray(257, 262)) === "ustar";
  const prefix = isUstar && block[263] === 0x30 ? textOf(block.subarray(345, 500)) : "";
  const name = textOf(block.subarray(0, 100));
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    size: number(block.subarray(124, 136)),
    type: block[156] === 0 ? "0" : String.fromCharCode(block[156]!),
    link: textOf(block.subarray(157, 257)),
  };
}

/** Text up to the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A size: octal digits, or GNU's binary form, which the first bit tells. */
function number(field: Uint8Array): number {
  if ((field[0]! & 0x80) === 0) return octal(field) ?? 0;
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x7f);
}

function octal(field: Uint8Array): number | undefined {
  const digits = textOf(field).trim();
  return /^[0-7]{1,12}$/.test(digits) ? parseInt(digits, 8) : undefined;
}
