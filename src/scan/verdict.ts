/**
 * What a scan says of a file in one word.
 *
 * @module
 */

/**
 * From the best to the worst:
 *
 * - `safe`: names nothing outside the allowlist.
 * - `unknown`: names something that nobody vouches for, or holds something that wasn't read.
 * - `corrupt`: can't be read as what it is.
 * - `suspicious`: does what ordinary files don't: tricks, bombs, readers that would disagree.
 * - `dangerous`: names what runs code or touches the system when the file is loaded.
 */
export type Verdict = "safe" | "unknown" | "corrupt" | "suspicious" | "dangerous";

/** The verdicts, from the best to the worst. */
export const VERDICTS: readonly Verdict[] = [
  "safe",
  "unknown",
  "corrupt",
  "suspicious",
  "dangerous",
];

/** How bad a verdict is: 0 is `safe`. */
export function severity(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}

/** The worse of two verdicts. */
export function worse(a: Verdict, b: Verdict): Verdict {
  return severity(a) >= severity(b) ? a : b;
}
