/**
 * Collects what a scan finds, within bounds: a file made to be found a million times over says no
 * more by the rest.
 *
 * @module
 */

import type { ScanFinding, ScanGlobal } from "./report.ts";
import { ruleOf } from "./rules.ts";
import type { RuleId } from "./rules.ts";
import { severity, worse } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** Findings kept of each verdict. */
const MAX_FINDINGS = 500;

/** Names kept; the largest checkpoints seen name some hundred. */
const MAX_GLOBALS = 20_000;

/** Characters of a name in a finding; a limit of the machine lets a name have 2000. */
const MAX_WHY = 500;

/** A finding before its rule's verdict is filled in. */
export interface Found {
  /** The rule. */
  readonly rule: RuleId;
  /** Where; see {@linkcode ScanFinding.where}. */
  readonly where: string;
  /** What it is. */
  readonly why: string;
  /** Byte offset there. */
  readonly offset?: number | undefined;
  /** The name it is about. */
  readonly global?: string;
}

/** The findings and names of a file or of a part of one. */
export class ScanLog {
  private readonly found = new Map<string, ScanFinding>();
  private readonly counts = new Map<Verdict, number>();
  private readonly names = new Map<string, ScanGlobal>();
  private readonly kindSet = new Set<string>();
  private worst: Verdict = "safe";

  /** The worst verdict so far. */
  get verdict(): Verdict {
    return this.worst;
  }

  /** Adds a finding, unless the same thing has been found there. */
  add({ rule, where, why, offset, global }: Found): void {
    const { verdict } = ruleOf(rule);
    const key = [rule, where, global ?? why].join("\0");
    this.put(key, {
      rule,
      verdict,
      global: global ?? null,
      where,
      offset: offset ?? null,
      why: why.length > MAX_WHY ? `${why.slice(0, MAX_WHY)}…` : why,
    });
  }

  private put(key: string, finding: ScanFinding): void {
    const { verdict } = finding;
    this.worst = worse(this.worst, verdict);
    if (this.found.has(key)) return;
    const count = (this.counts.get(verdict) ?? 0) + 1;
    this.counts.set(verdict, count);
    if (count <= MAX_FINDINGS) this.found.set(key, finding);
  }

  /** Adds a name that a pickle imports. */
  addGlobal(global: ScanGlobal): void {
    const key = `${global.name}\0${global.where}`;
    if (this.names.size < MAX_GLOBALS && !this.names.has(key)) this.names.set(key, global);
  }

  /** Notes that something was taken for a part of the file. */
  addKind(kind: string): void {
    this.kindSet.add(kind);
  }

  /** What was taken for a part of the file, in the order of its discovery. */
  kinds(): string[] {
    return [...this.kindSet];
  }

  /** The names, in the order in which they were met. */
  globals(): ScanGlobal[] {
    return [...this.names.values()];
  }

  /** The findings, the worst first, and how many were left out. */
  findings(): ScanFinding[] {
    const all = [...this.found.values()];
    for (const [verdict, count] of this.counts) {
      if (count <= MAX_FINDINGS) continue;
      const { rule } = all.find((finding) => finding.verdict === verdict)!;
      const why = `${count - MAX_FINDINGS} more findings like these are left out`;
      all.push({ rule, verdict, global: null, where: "", offset: null, why });
    }
    return all.sort((a, b) => severity(b.verdict) - severity(a.verdict));
  }
}
