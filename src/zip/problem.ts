/**
 * What is wrong with an archive, as a value: a scan lists it, a strict open throws it.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";

/**
 * Which kind of anomaly.
 *
 * - `Z1`: two names that some reader takes for one, or members that overlap
 * - `Z2`: the end records and the directory contradict each other
 * - `Z3`: a local header contradicts the directory
 * - `Z4`: a CRC is wrong
 * - `Z5`: encryption, or a method that isn't read
 * - `Z6`: bytes that belong to no member
 * - `Z7`: sizes that contradict each other or the data
 * - `Z8`: names and attributes that are traps for whoever unpacks
 */
export type ZipRule = "Z1" | "Z2" | "Z3" | "Z4" | "Z5" | "Z6" | "Z7" | "Z8";

/** One anomaly. */
export interface ZipProblem {
  /** Its kind. */
  readonly rule: ZipRule;
  /** What is wrong, with numbers. */
  readonly message: string;
  /** Where in the file. */
  readonly offset: number;
  /** How many bytes from there on; only of bytes that belong to no member. */
  readonly length?: number;
  /** The member that it is about. */
  readonly member?: string;
  /**
   * The error that a strict reading makes of it: `refused` where readers would see different
   * things, `corrupt` where none can be right. Without one it is only reported.
   */
  readonly code?: ErrorCode;
}

/** The error of a problem that can't be read over. */
export function problemError(problem: ZipProblem, path: string): StateDictError {
  const { code = "corrupt", message, offset, member } = problem;
  return new StateDictError(code, message, {
    offset,
    path,
    member,
    hint: code === "refused"
      ? "programs disagree about what such a file holds; get it again, or scan it"
      : undefined,
  });
}
