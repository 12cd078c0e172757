/**
 * Changes to text metadata: `KEY=VALUE` sets, `KEY=` takes away.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** Changes, ready to be made. */
export interface MetadataChanges {
  /** The new text of each key, or null for one that is taken away. */
  readonly changes: ReadonlyMap<string, string | null>;
  /** The metadata with the changes made. */
  apply(metadata: ReadonlyMap<string, string>): Map<string, string>;
}

/** Reads the changes; the value begins after the first `=`. */
export function parseAssignments(texts: readonly string[]): MetadataChanges {
  const changes = new Map<string, string | null>();
  for (const text of texts) {
    const split = text.indexOf("=");
    if (split < 1) {
      throw new StateDictError("usage", `${JSON.stringify(text)} is no metadata`, {
        hint: "write KEY=VALUE, or KEY= to take it away",
      });
    }
    changes.set(text.slice(0, split), text.slice(split + 1) || null);
  }
  return {
    changes,
    apply(metadata) {
      const changed = new Map(metadata);
      for (const [key, value] of changes) {
        if (value === null) changed.delete(key);
        else changed.set(key, value);
      }
      return changed;
    },
  };
}
