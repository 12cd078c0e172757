/**
 * Limits that the command line raises or lowers: `--limit opcodes=50000000`.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { DEFAULT_PICKLE_LIMITS } from "../pickle/limits.ts";
import type { PickleLimits } from "../pickle/limits.ts";

/** The limits of `NAME=N` words; throws `usage` for a name that there isn't, or no number. */
export function parseLimits(words: readonly string[]): Partial<PickleLimits> {
  const limits: { -readonly [Name in keyof PickleLimits]?: number } = {};
  for (const word of words) {
    const [, name = "", digits] = /^(\w+)=(\d{1,15})$/.exec(word) ?? [];
    if (!Object.hasOwn(DEFAULT_PICKLE_LIMITS, name)) {
      throw new StateDictError("usage", `"${word}" sets no limit`, {
        hint: `write NAME=N; limits are ${Object.keys(DEFAULT_PICKLE_LIMITS).join(", ")}`,
      });
    }
    limits[name as keyof PickleLimits] = Number(digits);
  }
  return limits;
}
