/**
 * The limits of the pickle machine: each stops an attack, each can be raised.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** What one pickle may take. */
export interface PickleLimits {
  /** Bytes of the stream outside byte strings and inline arrays. */
  readonly bytes: number;
  /** Opcodes: a storm of marks or memo entries costs time, not bytes. */
  readonly opcodes: number;
  /** Open marks: five million MARKs fit a 5 MB file and want 40 MB of stack. */
  readonly marks: number;
  /** Values on the stack. */
  readonly stack: number;
  /** Memo entries. */
  readonly memo: number;
  /** Bytes of one text line (INT, LONG, FLOAT, STRING, GLOBAL, …). */
  readonly line: number;
  /** Digits of a decimal int and bytes of a binary one: turning text into a bigint is quadratic. */
  readonly integer: number;
  /** Names that are imported, each as often as it is: picklers name a class once a pickle. */
  readonly globals: number;
  /** Characters of a global's module and of its name. */
  readonly name: number;
  /** Containers in one another: what walks a chain of 200,000 takes half a gigabyte. */
  readonly nesting: number;
}

/** Generous for every checkpoint seen, small enough for a laptop. */
export const DEFAULT_PICKLE_LIMITS: PickleLimits = {
  bytes: 256 * 1024 * 1024,
  opcodes: 20_000_000,
  marks: 1_000_000,
  stack: 8_000_000,
  memo: 4_000_000,
  line: 64 * 1024,
  integer: 16 * 1024,
  globals: 100_000,
  name: 1024,
  nesting: 10_000,
};

/** Bytes of a pickle, or opcodes, that no packing makes suspicious. */
const FREE = 2 ** 20;

/** How many times its packed size a pickle may be: real ones pack to a tenth, or a fiftieth. */
const MOST_PACKED = 100;

/**
 * The limits of a pickle that lies packed in so many bytes: 8 KB can hold a million tensors. What the
 * caller sets stands.
 */
export function packedLimits(
  packed: number,
  given: Partial<PickleLimits> = {},
): Partial<PickleLimits> {
  const most = Math.max(FREE, MOST_PACKED * packed);
  const { bytes, opcodes } = DEFAULT_PICKLE_LIMITS;
  return { bytes: Math.min(bytes, most), opcodes: Math.min(opcodes, most), ...given };
}

/** The error of a limit that was met. */
export function limitError(
  what: string,
  limit: number,
  name: string,
  offset?: number,
): StateDictError {
  return new StateDictError("limit", `${what}, more than the limit of ${limit}`, {
    ...(offset === undefined ? {} : { offset }),
    hint: `if you trust the file, raise the limit: ${name}`,
  });
}
