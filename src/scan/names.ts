/**
 * Judges the names that a pickle imports.
 *
 * @module
 */

import { judge } from "../pickle/judge.ts";
import type { GlobalTag } from "../pickle/judge.ts";
import type { GlobalUse } from "../pickle/machine_types.ts";
import { LOAD_FROM_BYTES } from "./calls.ts";
import type { Scan } from "./context.ts";
import type { PickleRun } from "./pickle_run.ts";
import type { Place } from "./place.ts";
import type { RuleId } from "./rules.ts";

/** The rule that a tag breaks. */
const RULE_OF: Readonly<Record<GlobalTag, RuleId | undefined>> = {
  allowed: undefined,
  known: undefined,
  unknown: "unknown-name",
  suspicious: "suspicious-name",
  dangerous: "dangerous-name",
};

/** A name with its judgement. */
export interface JudgedName {
  /** Where the stream names it first. */
  readonly use: GlobalUse;
  /** How bad it is. */
  readonly tag: GlobalTag;
  /** Why. */
  readonly why: string;
}

/**
 * Judges every name of a run, each once. `loadsScanned` says that all bytes were scanned that
 * PyTorch's loader of storages is given there.
 */
export function judgeNames(
  { effects, calls }: PickleRun,
  allow: ReadonlySet<string>,
  loadsScanned = false,
): JudgedName[] {
  const judged = new Map<string, JudgedName>();
  for (const use of effects.globals) {
    const { module, name, written, fullName } = use.global;
    if (judged.has(written)) continue;
    const judgement = allow.has(written) || allow.has(fullName)
      ? { tag: "allowed", why: "the caller allows it" } as const
      : module === "?" || name === "?"
      ? { tag: "dangerous", why: "what it names is computed" } as const
      : fullName === LOAD_FROM_BYTES && loadsScanned
      ? { tag: "known", why: "it loads a storage from bytes that were scanned too" } as const
      : judge(module, name, calls.called.has(fullName));
    judged.set(written, { use, ...judgement });
  }
  return [...judged.values()];
}

/** Whether a name is one that nothing ordinary has by chance. */
export function isBad({ tag }: JudgedName): boolean {
  return tag === "dangerous" || tag === "suspicious";
}

/** Adds the names to the log, and a finding for each that isn't harmless. */
export function reportNames({ log }: Scan, names: readonly JudgedName[], { where }: Place): void {
  for (const { use: { global, offset, opcode }, tag, why } of names) {
    const { written: name, fullName: mapped } = global;
    log.addGlobal({ name, mapped, tag, why, where, offset, opcode });
    const rule = RULE_OF[tag];
    // A computed name has a finding of its own.
    if (!rule || global.module === "?" || global.name === "?") continue;
    const spelled = name === mapped ? why : `Python 3 knows it as ${mapped}: ${why}`;
    log.add({ rule, where, why: spelled, offset, global: name });
  }
}
