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
  const lines = [
    columns.map(({ title }): Shown => ({
      text: title,
      width: displayWidth(title),
      style: "underline",
    })),
    ...rows.map((row) => columns.map((_, i) => shown(row[i] ?? ""))),
  ];
  const widths = columns.map((_, i) => {
    let widest = 0;
    for (const cells of lines) if (cells[i]!.width > widest) widest = cells[i]!.width;
    // One name of 64 KiB must not pad every other line to 64 KiB: it sticks out instead.
    return Math.min(widest, MAX_SHOWN);
  });
  const { width, paint } = options;
  if (width !== undefined) narrow(columns, widths, width);
  for (const cells of lines) yield lineOf(columns, cells, widths, width !== undefined, paint);
}

/** A cell that is safe to show, and the columns it takes. */
interface Shown {
  readonly text: string;
  readonly width: number;
  readonly style: Style | undefined;
}

function shown(cell: Cell): Shown {
  const given = typeof cell === "object" ? cell.text : cell;
  const style = typeof cell === "object" ? cell.style : undefined;
  if (isShownAsIs(given)) return { text: given, width: given.length, style };
  const text = showText(given, { max: Infinity });
  return { text, width: displayWidth(text), style };
}

function lineOf(
  columns: readonly Column[],
  cells: readonly Shown[],
  widths: readonly number[],
  cut: boolean,
  paint: Paint | undefined,
): string {
  let line = "";
  let missing = 0; // blanks that are written only if something follows
  for (let i = 0; i < columns.length; i++) {
    const { style } = cells[i]!;
    let { text, width } = cells[i]!;
    const room = widths[i]!;
    if (text === "") {
      missing += room + GAP;
      continue;
    }
    if (cut && width > room) {
      text = showText(text, { max: room, cut: "middle" });
      width = displayWidth(text);
    }
    const blank = width < room ? room - width : 0;
    const before = columns[i]!.align === "right" ? blank : 0;
    line += " ".repeat(missing + before) + (style && paint ? paint(style, text) : text);
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
