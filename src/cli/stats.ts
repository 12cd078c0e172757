/**
 * Statistics as `inspect --json` prints them.
 *
 * @module
 */

import { floatJson } from "../pickle/tagged.ts";
import type { TensorStats } from "../tensor/stats.ts";
import type { JsonValue } from "../text/json.ts";

/** The statistics' own words; what can't be told of no elements is null. */
export function statsJson(stats: TensorStats | null): JsonValue {
  if (!stats) return null;
  const number = (value: number | null): JsonValue => value === null ? null : floatJson(value);
  return {
    min: number(stats.min),
    max: number(stats.max),
    mean: number(stats.mean),
    std: number(stats.std),
    nan: stats.nan,
    inf: stats.inf,
    zeros: stats.zeros,
  };
}
