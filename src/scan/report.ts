/**
 * What a scan answers.
 *
 * @module
 */

import type { GlobalTag } from "../pickle/judge.ts";
import type { Verdict } from "./verdict.ts";

/** One thing found. */
export interface ScanFinding {
  /** The id of the rule that found it; stable. */
  readonly rule: string;
  /** How bad it is by itself. */
  readonly verdict: Verdict;
  /** The name it is about, as the file spells it; null for what is about no name. */
  readonly global: string | null;
  /** The member of an archive, `a!/b` for a member of a nested one; `""` for the file itself. */
  readonly where: string;
  /** Byte offset there, after unpacking; null where there is none to tell. */
  readonly offset: number | null;
  /** What it is, in one clause. */
  readonly why: string;
}

/** A name that a pickle of the file imports. */
export interface ScanGlobal {
  /** As the file spells it; `?` for a part that only running code could tell. */
  readonly name: string;
  /** As Python 3 knows it. */
  readonly mapped: string;
  /** How it is judged. */
  readonly tag: GlobalTag;
  /** Why. */
  readonly why: string;
  /** The member of an archive; see {@linkcode ScanFinding.where}. */
  readonly where: string;
  /** Offset of the opcode that names it. */
  readonly offset: number;
  /** The opcode. */
  readonly opcode: string;
}

/** What a scan says of one file. */
export interface ScanReport {
  /** The file, as the caller named it. */
  readonly file: string;
  /** The worst of all findings; `safe` if there are none. */
  readonly verdict: Verdict;
  /** What was found, the worst first. */
  readonly findings: readonly ScanFinding[];
  /** Every name that a pickle in it imports, each once a member. */
  readonly globals: readonly ScanGlobal[];
  /** What was taken for a part of it: `zip`, `pickle`, `gzip`, …, outermost first, each once. */
  readonly kinds: readonly string[];
}

/** A file in a folder that was not scanned. */
export interface SkippedFile {
  /** Its path. */
  readonly file: string;
  /** Why not. */
  readonly skipped: string;
}
