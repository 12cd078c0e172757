/**
 * Aligned columns.
 *
 * @module
 */

import { displayWidth, isShownAsIs, MAX_SHOWN, showText } from "../text/escape.ts";
import type { Style } from "./paint.ts";

/** One column. */
export interface Column {
  /** What stands above it. */
  readonly title: string;
  /** Numbers go right. */
  readonly align?: "left" | "right";
  /** May be cut in the middle where the terminal is too narrow. */
  readonly flexible?: boolean;
}

/** Text as it came; the table makes it safe to show. With a style it is painted where colour is on. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** How {@linkcode tableLines} lays out. */
export interface TableOptions {
  /** Width of the terminal. Without it nothing is cut: a program may read the lines. */
  readonly width?: number | undefined;
  /** Gives text a style; without it everything is plain. */
  readonly paint?: Paint | undefined;
}

/** Gives text, which is safe to show already, a style. */
export type Paint = (style: Style, text: string) => string;

/** Blanks between two columns. */
const GAP = 2;

/** A column that gives way keeps this much: both ends of a name and the ellipsis. */
const MIN_FLEXIBLE = 16;

/** The lines of a table, the titles first. */
export function* tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): Generator<string> {
  const titles = columns.map(({ title }): Cell => ({ text: title, style: "underline" }));
  const widths = columns.map(({ title }) => displayWidth(title));
  const safe = rows.map((row) => safeTexts(row, widths));
  const { width, paint } = options;
  if (width !== undefined) narrow(columns, widths, width);
  const layout: Layout = { columns, widths, cut: width !== undefined, paint };
  yield lineOf(titles, null, layout);
  for (let i = 0; i < rows.length; i++) yield lineOf(rows[i]!, safe[i]!, layout);
}

interface Layout {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  readonly cut: boolean;
  readonly paint: Paint | undefined;
}

/**
 * The texts of a row, safe to show, and each column made as wide as that takes; null if they are
 * safe as they are. One look at a whole row tells so of nearly every one, and nothing is kept of it.
 */
function safeTexts(row: readonly Cell[], widths: number[]): readonly string[] | null {
  let all = "";
  for (let i = 0; i < row.length; i++) all += textOf(row[i]!);
  const safe = isShownAsIs(all)
    ? null
    : row.map((cell) => showText(textOf(cell), { max: Infinity }));
  for (let i = 0; i < widths.length && i < row.length; i++) {
    const width = safe ? displayWidth(safe[i]!) : textOf(row[i]!).length;
    // One name of 64 KiB must not pad every other line to 64 KiB: it sticks out instead.
    if (width > widths[i]!) widths[i] = Math.min(width, MAX_SHOWN);
  }
  return safe;
}

function textOf(cell: Cell): string {
  return typeof cell === "object" ? cell.text : cell;
}

function lineOf(row: readonly Cell[], safe: readonly string[] | null, layout: Layout): string {
  const { columns, widths, cut, paint } = layout;
  let line = "";
  let missing = 0; // blanks that are written only if something follows
  for (let i = 0; i < columns.length; i++) {
    const cell = row[i] ?? "";
    let text = safe ? safe[i] ?? "" : textOf(cell);
    const room = widths[i]!;
    if (text === "") {
      missing += room + GAP;
      continue;
    }
    let width = safe ? displayWidth(text) : text.length;
    if (cut && width > room) {
      text = showText(text, { max: room, cut: "middle" });
      width = displayWidth(text);
    }
    const style = paint && typeof cell === "object" ? cell.style : undefined;
    const blank = width < room ? room - width : 0;
    const before = columns[i]!.align === "right" ? blank : 0;
    line += " ".repeat(missing + before) + (style ? paint!(style, text) : text);
    missing = blank - before + GAP;
  }
  return line;
}

/** Takes columns from the widest flexible one until the table fits, or none can give more. */
function narrow(columns: readonly Column[], widths: number[], width: number): void {
  let over = widths.reduce((sum, one) => sum + one + GAP, -GAP) - width;
  while (over > 0) {
    let widest = -1;
    columns.forEach((column, i) => {
      if (column.flexible && widths[i]! > Math.max(widths[widest] ?? 0, MIN_FLEXIBLE)) widest = i;
    });
    if (widest < 0) return;
    widths[widest]!--;
    over--;
  }
}
