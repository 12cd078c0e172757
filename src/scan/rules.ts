/**
 * The rules of a scan: what is looked for, how bad it is, and why. The ids are stable; reports and
 * SARIF name them.
 *
 * @module
 */

import { FILE_RULES } from "./rules_file.ts";
import { PICKLE_RULES } from "./rules_pickle.ts";
import type { Verdict } from "./verdict.ts";

/** One rule. */
export interface Rule {
  /** Its stable id. */
  readonly id: string;
  /** The verdict of a file that breaks it, if nothing worse is found. */
  readonly verdict: Exclude<Verdict, "safe">;
  /** What is found, in a few words. */
  readonly title: string;
  /** Why that matters. */
  readonly why: string;
}

/** Every rule. */
export const RULES: readonly Rule[] = [...PICKLE_RULES, ...FILE_RULES];

/** The id of a rule. */
export type RuleId = (typeof PICKLE_RULES | typeof FILE_RULES)[number]["id"];

const BY_ID: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.id, rule]));

/** The rule of an id. */
export function ruleOf(id: RuleId): Rule {
  return BY_ID.get(id)!;
}
