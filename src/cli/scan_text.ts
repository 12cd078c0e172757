/**
 * Scans as people read them: the worst file first.
 *
 * @module
 */

import type { FolderResult } from "../scan/folder.ts";
import type { ScanFinding, ScanReport } from "../scan/report.ts";
import { severity, VERDICTS } from "../scan/verdict.ts";
import type { Verdict } from "../scan/verdict.ts";
import { showText } from "../text/escape.ts";
import type { Io } from "./io.ts";
import { paint } from "./paint.ts";
import type { Style } from "./paint.ts";

/** What each verdict means to whoever wants to load the file. */
const MEANING: Readonly<Record<Verdict, string>> = {
  dangerous: "loading such a file runs code or touches the system: don't",
  suspicious: "such a file does what ordinary ones don't: don't load it before you know why",
  corrupt: "such a file can't be read whole; what was read of it names nothing bad",
  unknown: "such a file names or holds what nobody vouches for: look at it before you load it",
  safe: "such a file names nothing outside the allowlist; its weights were not judged",
};

const STYLES: Readonly<Record<Verdict, Style>> = {
  dangerous: "red",
  suspicious: "yellow",
  corrupt: "yellow",
  unknown: "cyan",
  safe: "green",
};

/** Findings shown of one file; `--json` has them all. */
const MAX_SHOWN = 20;

/** Columns that a path or a reason may take. */
const LONG = 300;

/** Width of the longest verdict. */
const WIDTH = 10;

/** Writes the reports. */
export function listScan(results: readonly FolderResult[], io: Io): void {
  const reports = results.filter((result) => "verdict" in result);
  const skipped = results.filter((result) => "skipped" in result);
  reports.sort((a, b) => severity(b.verdict) - severity(a.verdict));
  for (const report of reports) listReport(report, io);
  const color = io.color("stdout");
  for (const { file, skipped: why } of skipped) {
    const word = paint(color, "dim", "skipped".padEnd(WIDTH));
    io.stdout(`${word}  ${show(file)}: ${show(why)}\n`);
  }
  const counts = [...VERDICTS].reverse().flatMap((verdict) => {
    const count = reports.filter((report) => report.verdict === verdict).length;
    return count === 0 ? [] : [[verdict, count] as const];
  });
  const parts = counts.map(([verdict, count]) => `${count} ${verdict}`);
  if (skipped.length > 0) parts.push(`${skipped.length} skipped`);
  if (parts.length === 0) return;
  const files = reports.length === 1 ? "1 file" : `${reports.length} files`;
  io.stdout(`\n${files} scanned: ${parts.join(", ")}\n`);
  for (const [verdict] of counts) {
    io.stdout(`${paint(color, STYLES[verdict], verdict)}: ${MEANING[verdict]}\n`);
  }
}

function listReport({ file, verdict, findings, globals }: ScanReport, io: Io): void {
  const color = io.color("stdout");
  const known = new Set(globals.filter(({ tag }) => tag === "known").map(({ name }) => name));
  const note = known.size === 0
    ? ""
    : ` (${counted(known.size, "known class", "known classes")}, not verified)`;
  io.stdout(`${paint(color, STYLES[verdict], verdict.padEnd(WIDTH))}  ${show(file)}${note}\n`);
  for (const finding of findings.slice(0, MAX_SHOWN)) io.stdout(findingLine(finding, color));
  const more = findings.length - MAX_SHOWN;
  if (more > 0) {
    io.stdout(`  … and ${counted(more, "finding", "findings")} more, all with --json\n`);
  }
}

function findingLine({ global, rule, where, offset, why }: ScanFinding, color: boolean): string {
  const what = paint(color, "bold", show(global ?? rule));
  const place = [where === "" ? "" : show(where), offset === null ? "" : `byte ${offset}`];
  const at = place.filter((part) => part !== "").join(", ");
  return `  ${what}${at === "" ? "" : `  (${at})`}\n      ${show(why)}\n`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function show(text: string): string {
  return showText(text, { max: LONG, cut: "middle" });
}
