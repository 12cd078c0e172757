/**
 * What `convert` tells of its plan and of its work.
 *
 * @module
 */

import type { Edited } from "../edit/edit.ts";
import type { LeftOut } from "../formats/writer.ts";
import { showText } from "../text/escape.ts";
import { formatBytes, formatCount } from "./units.ts";

/** Entries of one kind that a plan lists before it counts the rest. */
const MAX_LISTED = 50;

/** The plan of `--dry-run`. */
export function* planLines(
  inputs: readonly string[],
  output: string,
  edited: Edited,
): Generator<string> {
  const { before, after } = edited;
  const file = (path: string) => showText(path, { max: 400, cut: "middle" });
  for (const input of inputs) yield `read    ${file(input)}`;
  yield `write   ${file(output)}`;
  yield* listed("drop", edited.dropped.map((path) => showText(path || "(root)")));
  yield* listed(
    "rename",
    edited.renamed.map(([from, to]) => `${showText(from)} → ${showText(to)}`),
  );
  yield* listed(
    "cast",
    edited.casts.map(({ path, from, to }) => `${showText(path)}: ${from} → ${to}`),
  );
  yield `before  ${formatCount(before.tensors)} tensors, ${formatBytes(before.bytes)}`;
  yield `after   ${formatCount(after.tensors)} tensors, ${formatBytes(after.bytes)}`;
}

function* listed(word: string, lines: readonly string[]): Generator<string> {
  for (const line of lines.slice(0, MAX_LISTED)) yield `${word.padEnd(8)}${line}`;
  if (lines.length > MAX_LISTED) {
    yield `${word.padEnd(8)}… and ${formatCount(lines.length - MAX_LISTED)} more`;
  }
}

/** What the output's format couldn't hold. */
export function* leftLines(left: readonly LeftOut[]): Generator<string> {
  for (const { path, why } of left.slice(0, MAX_LISTED)) {
    yield `left out: ${showText(path)}: ${showText(why)}`;
  }
  if (left.length > MAX_LISTED) {
    yield `left out: ${formatCount(left.length - MAX_LISTED)} more; leave them out with --drop`;
  }
}

/** One line when it is done. */
export function resultLine(output: string, edited: Edited): string {
  const { after, dropped, renamed, casts } = edited;
  const parts = [`${formatCount(after.tensors)} tensors, ${formatBytes(after.bytes)}`];
  if (dropped.length > 0) parts.push(`${formatCount(dropped.length)} entries dropped`);
  if (renamed.length > 0) parts.push(`${formatCount(renamed.length)} renamed`);
  if (casts.length > 0) {
    const sum = (key: "overflow" | "underflow") =>
      casts.reduce((total, { counts }) => total + counts[key], 0);
    const lost = [
      ...sum("overflow") > 0 ? [`${formatCount(sum("overflow"))} overflowed`] : [],
      ...sum("underflow") > 0 ? [`${formatCount(sum("underflow"))} became 0`] : [],
    ];
    parts.push(
      `${formatCount(casts.length)} cast${lost.length > 0 ? ` (${lost.join(", ")})` : ""}`,
    );
  }
  return `${showText(output, { max: 400, cut: "middle" })}: ${parts.join(", ")}`;
}
