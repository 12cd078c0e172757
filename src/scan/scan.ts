/**
 * Scans one file.
 *
 * @module
 */

import { toPlace } from "../checkpoint/input.ts";
import type { Input } from "../checkpoint/input.ts";
import { StateDictError } from "../errors.ts";
import type { HttpOptions } from "../io/http/options.ts";
import type { ByteSource } from "../io/source.ts";
import { ARCHIVE_ROW } from "./archive_row.ts";
import { Budget } from "./budget.ts";
import type { ScanLimits } from "./budget.ts";
import type { Claims, Scan } from "./context.ts";
import { ScanLog } from "./log.ts";
import { look } from "./look.ts";
import { filePlace } from "./place.ts";
import type { ScanReport } from "./report.ts";
import { describeUnclaimed } from "./unclaimed.ts";
import type { Unclaimed } from "./unclaimed.ts";

/** How to scan. */
export interface ScanOptions {
  /** Names that count as harmless, `module.qualname` each, as the file or Python 3 spells them. */
  readonly allow?: readonly string[];
  /** Limits to change. */
  readonly limits?: Partial<ScanLimits>;
  /** How a remote file is read; by default only `https:`, and no host of a private network. */
  readonly remote?: HttpOptions;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/**
 * Looks for everything in a file that runs code or plays tricks when it is loaded: every pickle in
 * it, wherever it hides, each with the names that it imports. Nothing of it is run, and no weights
 * are read. `safe` means that it names nothing outside the allowlist; what the weights do is not
 * looked at.
 *
 * @example
 * ```ts
 * import { scan } from "@statedict/statedict";
 *
 * const report = await scan("fixtures/torch/checkpoint.pt");
 * console.log(report.verdict); // "safe"
 * for (const { global, where, why } of report.findings) console.log(global, where, why);
 * ```
 */
export async function scan(input: Input, options: ScanOptions = {}): Promise<ScanReport> {
  const place = await toPlace(input, remoteOf(options));
  if (!place.source) {
    throw new StateDictError("usage", "This is a folder", {
      path: place.path,
      hint: "scan the files in it with scanFolder",
    });
  }
  try {
    const { report } = await scanSource(place.source, place.path, options, place.sibling);
    return report;
  } finally {
    await place.source.close();
  }
}

/** How a remote file is read. */
export function remoteOf({ remote, signal }: ScanOptions): HttpOptions {
  return { ...(signal ? { signal } : {}), ...remote };
}

/** Kinds that have no catalogue of their own: JSON may be anything, a row of archives is a part. */
const WITHOUT_CATALOGUE: ReadonlySet<string> = new Set(["json", ARCHIVE_ROW]);

/** Whether there is anything to list that could contradict itself: a pickle without names has plain values. */
function hasCatalogue(claims: Claims, log: ScanLog): boolean {
  if (claims.some((claim) => WITHOUT_CATALOGUE.has(claim))) return false;
  return claims.some((claim) => claim !== "pickle") || log.globals().length > 0;
}

/** Whether a look at the catalogue could make the verdict worse. */
function mayBeFine({ verdict }: ScanLog): boolean {
  return verdict === "safe" || verdict === "unknown";
}

/** A report, and what the file looks like if nothing claimed it. */
export interface Scanned {
  /** The report. */
  readonly report: ScanReport;
  /** What it looks like. */
  readonly unclaimed: Unclaimed | undefined;
}

/** Scans the bytes of a file. */
export async function scanSource(
  source: ByteSource,
  file: string,
  options: ScanOptions,
  sibling?: (name: string) => Promise<ByteSource>,
): Promise<Scanned> {
  const { allow = [], limits = {}, signal } = options;
  const log = new ScanLog();
  const budget = new Budget(source.size, limits, signal);
  const context: Scan = {
    log,
    budget,
    allow: new Set(allow),
    sibling,
    look: (bytes, place) => look(context, bytes, place),
  };
  const guarded = budget.guard(source);
  const place = filePlace(file);
  const claims = await look(context, guarded, place);
  let unclaimed: Unclaimed | undefined;
  if (claims.length === 0) {
    unclaimed = await describeUnclaimed(guarded, place);
    const rule = unclaimed.foreign ? "foreign-file" : "unrecognized";
    log.add({ rule, where: "", why: unclaimed.why });
  } else if (mayBeFine(log) && hasCatalogue(claims, log)) {
    const { checkCatalogue } = await import("./catalogue.ts");
    await checkCatalogue(context, guarded, place);
  }
  const report: ScanReport = {
    file,
    verdict: log.verdict,
    findings: log.findings(),
    globals: log.globals(),
    kinds: log.kinds(),
  };
  return { report, unclaimed };
}
