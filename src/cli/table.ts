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
  const widths = columns.map((column) => displayWidth(column.title));
  for (const row of rows) {
    for (let i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i]!, displayWidth(shown(row[i])));
    }
  }
  // One name of 64 KiB must not pad every other line to 64 KiB: it sticks out instead.
  for (let i = 0; i < widths.length; i++) widths[i] = Math.min(widths[i]!, MAX_SHOWN);
  const { width, color = false } = options;
  if (width !== undefined) narrow(columns, widths, width);

  const line = (cells: readonly Cell[]) => {
    let text = "";
    let missing = 0; // blanks that are written only if something follows
    columns.forEach(({ align }, i) => {
      const cell = cells[i] ?? "";
      const content = shown(cell, width === undefined ? Infinity : widths[i]!);
      const blank = Math.max(0, widths[i]! - displayWidth(content));
      const painted = typeof cell === "string" ? content : paint(color, cell.style, content);
      const before = align === "right" ? blank : 0;
      if (content !== "") {
        text += " ".repeat(missing + before) + painted;
        missing = blank - before;
      } else missing += blank;
      missing += GAP.length;
    });
    return text;
  };

  yield line(columns.map(({ title }) => ({ text: title, style: "underline" })));
  for (const row of rows) yield line(row);
}

function shown(cell: Cell | undefined, max = Infinity): string {
  const text = typeof cell === "object" ? cell.text : cell ?? "";
  return showText(text, { max, cut: "middle" });
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
