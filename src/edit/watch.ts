/**
 * Rules of edits, watched: one that fits nothing is most likely a slip.
 *
 * @module
 */

import { compileGlobs } from "./glob.ts";

/** A rule as the caller wrote it. */
export interface EditRule {
  /** Which edit it belongs to. */
  readonly edit: "filter" | "drop" | "dtype" | "rename" | "stripPrefix";
  /** Its text. */
  readonly text: string;
}

/** Rules that have fitted nothing so far. */
export class UnusedRules {
  private readonly rules = new Set<EditRule>();

  /** Watches a rule; the function is to be called when it fits. */
  watch(edit: EditRule["edit"], text: string): () => void {
    const rule = { edit, text };
    this.rules.add(rule);
    return () => void this.rules.delete(rule);
  }

  /** Globs as one question: does any of them match? */
  globs(edit: EditRule["edit"], patterns: readonly string[]): (path: string) => boolean {
    const each = patterns.map((pattern) => {
      const fits = compileGlobs([pattern]);
      return { fits, used: this.watch(edit, pattern) };
    });
    return (path) => {
      let found = false;
      for (const { fits, used } of each) {
        if (!fits(path)) continue;
        used();
        found = true;
      }
      return found;
    };
  }

  /** What is left of them. */
  list(): EditRule[] {
    return [...this.rules];
  }
}
