/**
 * A part of a file that has pickles of its own.
 *
 * @module
 */

import type { PyValue } from "../pickle/values.ts";
import type { Opened, OpenedShard, PickleReport } from "./format.ts";

/** What the pickles of a part say of themselves. Its values are in the whole's tree. */
export function partOf(
  name: string,
  size: number,
  format: string,
  { globals, anomalies }: Pick<PickleReport, "globals" | "anomalies">,
  allows: Opened["allows"],
): OpenedShard {
  return {
    name,
    size,
    opened: {
      format,
      compression: "none",
      value: null,
      reduce: (value: PyValue) => value,
      globals,
      anomalies,
      ...(allows ? { allows } : {}),
      metadata: new Map(),
      warnings: [],
      close: () => Promise.resolve(),
    },
  };
}
