/**
 * What `convert` tells of its plan and of its work.
 *
 * @module
 */

import type { SavePlan } from "../checkpoint/save.ts";
import type { CastDone } from "../edit/casts.ts";
import type { Edited } from "../edit/edit.ts";
import type { EditRule } from "../edit/watch.ts";
import type { LeftOut } from "../formats/writer.ts";
import { showText } from "../text/escape.ts";
import { flagOf } from "./command.ts";
import { formatBytes, formatCount } from "./units.ts";

/** Entries of one kind that a plan lists before it counts the rest. */
const MAX_LISTED = 50;

/** What a plan is told of. */
export interface Planned {
  /** The files to read. */
  readonly inputs: readonly string[];
  /** The sub-tree that is taken. */
  readonly root: string | undefined;
  /** The edits. */
  readonly edited: Edited;
  /** Changes of text metadata: the new text, or null for what is taken away. */
  readonly metadata: ReadonlyMap<string, string | null>;
  /** What would be written; null where the output is a stream. */
  readonly save: SavePlan | null;
}

/** The plan of `--dry-run`. */
export function* planLines(plan: Planned): Generator<string> {
  const { inputs, root, edited, metadata, save } = plan;
  yield* listed("read", inputs.map(showPath));
  yield* listed("write", save ? save.files.map(showPath) : ["standard output"]);
  if (root !== undefined) yield `take    ${showText(root)} alone`;
  yield* listed("drop", edited.dropped.map((path) => showText(path || "(root)")));
  yield* listed("average", edited.averaged.map(([path, from]) => arrow(from, path)));
  yield* listed("rename", edited.renamed.map(([from, to]) => arrow(from, to)));
  yield* listed("move", edited.rehoused.map((path) => `${showText(path)}: to another storage`));
  yield* listed("cast", edited.casts.map(castText));
  yield* listed(
    "metadata",
    [...metadata].map(([key, value]) =>
      value === null ? `${showText(key)} is taken away` : `${showText(key)} = ${showText(value)}`
    ),
  );
  yield* listed("leave out", (save?.left ?? []).map(leftText));
  const { before, after } = edited;
  yield `before  ${tensorsText(before.tensors)}, ${formatBytes(before.bytes)}`;
  const bytes = save?.bytes ?? after.bytes;
  yield `after   ${tensorsText(after.tensors)}, ${formatBytes(bytes)}`;
}

/** `1 tensor`, `2 tensors`. */
export function tensorsText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "tensor" : "tensors"}`;
}

/** A path as people read it. */
export function showPath(path: string): string {
  return showText(path, { max: 400, cut: "middle" });
}

function arrow(from: string, to: string): string {
  return `${showText(from)} → ${showText(to)}`;
}

function castText({ path, from, to }: CastDone): string {
  return `${showText(path)}: ${from} → ${to}`;
}

/** Why something is left out. */
export function leftText({ path, why }: LeftOut): string {
  return `${showText(path)}: ${showText(why)}`;
}

/** Lines of one kind, the first of them. */
export function* listed(word: string, lines: readonly string[]): Generator<string> {
  for (const line of lines.slice(0, MAX_LISTED)) yield `${word.padEnd(7)} ${line}`;
  if (lines.length > MAX_LISTED) {
    yield `${word.padEnd(7)} … and ${formatCount(lines.length - MAX_LISTED)} more`;
  }
}

/** What the output's format couldn't hold. */
export function* leftLines(left: readonly LeftOut[]): Generator<string> {
  for (const one of left.slice(0, MAX_LISTED)) yield `left out: ${leftText(one)}`;
  if (left.length > MAX_LISTED) {
    yield `left out: ${formatCount(left.length - MAX_LISTED)} more; leave them out with --drop`;
  }
}

/** Rules of the command line that did nothing: a slip, most likely. */
export function* unusedLines(unused: readonly EditRule[]): Generator<string> {
  for (const { edit, text } of unused) {
    const isGlob = edit === "filter" || edit === "drop";
    const hint = isGlob && /^[^*?[{\\]+$/.test(text)
      ? `; all below it is ${showText(text)}.**`
      : "";
    yield `note: ${flagOf(edit)} ${showText(text)} fits nothing${hint}`;
  }
}

/** Tensors of which a cast has lost numbers. */
export function* lossLines(casts: readonly CastDone[]): Generator<string> {
  const lossy = casts.filter(({ counts }) => counts.overflow + counts.underflow > 0);
  yield* listed(
    "cast",
    lossy.map((one) => `${castText(one)}: ${lossText(one.counts.overflow, one.counts.underflow)}`),
  );
}

function lossText(overflow: number, underflow: number): string {
  return [
    ...overflow > 0 ? [`${formatCount(overflow)} overflowed`] : [],
    ...underflow > 0 ? [`${formatCount(underflow)} became 0`] : [],
  ].join(", ");
}

/** One line when it is done; `bytes` are those of the weights that were written. */
export function resultLine(output: string, edited: Edited, bytes: number): string {
  const { after, dropped, renamed, casts } = edited;
  const parts = [`${tensorsText(after.tensors)}, ${formatBytes(bytes)}`];
  if (dropped.length > 0) parts.push(`${formatCount(dropped.length)} entries dropped`);
  if (renamed.length > 0) parts.push(`${formatCount(renamed.length)} renamed`);
  if (casts.length > 0) {
    const sum = (key: "overflow" | "underflow") =>
      casts.reduce((total, { counts }) => total + counts[key], 0);
    const lost = lossText(sum("overflow"), sum("underflow"));
    parts.push(`${formatCount(casts.length)} cast${lost === "" ? "" : ` (${lost})`}`);
  }
  return `${showPath(output)}: ${parts.join(", ")}`;
}
