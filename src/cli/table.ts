/**
 * Aligned columns.
 *
 * @module
 */

import { displayWidth, MAX_SHOWN, showText } from "../text/escape.ts";
import { paint } from "./paint.ts";
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
  /** Whether to paint. */
  readonly color?: boolean;
}

const GAP = "  ";

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
    for (const cells of lines) widest = Math.max(widest, cells[i]!.width);
    // One name of 64 KiB must not pad every other line to 64 KiB: it sticks out instead.
    return Math.min(widest, MAX_SHOWN);
  });
  const { width, color = false } = options;
  if (width !== undefined) narrow(columns, widths, width);
  for (const cells of lines) yield lineOf(columns, cells, widths, width !== undefined, color);
}

/** A cell that is safe to show, and the columns it takes. */
interface Shown {
  readonly text: string;
  readonly width: number;
  readonly style: Style | undefined;
}

function shown(cell: Cell): Shown {
  const text = showText(typeof cell === "object" ? cell.text : cell, { max: Infinity });
  return {
    text,
    width: displayWidth(text),
    style: typeof cell === "object" ? cell.style : undefined,
  };
}

function lineOf(
  columns: readonly Column[],
  cells: readonly Shown[],
  widths: readonly number[],
  cut: boolean,
  color: boolean,
): string {
  let line = "";
  let missing = 0; // blanks that are written only if something follows
  for (let i = 0; i < columns.length; i++) {
    const { style } = cells[i]!;
    let { text, width } = cells[i]!;
    if (cut && width > widths[i]!) {
      text = showText(text, { max: widths[i]!, cut: "middle" });
      width = displayWidth(text);
    }
    const blank = Math.max(0, widths[i]! - width);
    const before = columns[i]!.align === "right" ? blank : 0;
    if (text !== "") {
      line += " ".repeat(missing + before) + (style ? paint(color, style, text) : text);
      missing = blank - before;
    } else missing += blank;
    missing += GAP.length;
  }
  return line;
}

/** Takes columns from the widest flexible one until the table fits, or none can give more. */
function narrow(columns: readonly Column[], widths: number[], width: number): void {
  let over = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length) - width;
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
