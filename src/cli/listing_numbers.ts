/**
 * Columns of a listing that need the tensors' bytes: statistics and digests.
 *
 * @module
 */

import { isStateDictError } from "../errors.ts";
import type { StateDictError } from "../errors.ts";
import { tensorSha256 } from "../tensor/hash.ts";
import { tensorHistogram } from "../tensor/histogram.ts";
import { tensorStats } from "../tensor/stats.ts";
import type { TensorStats } from "../tensor/stats.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { KnownNumbers } from "./second_hand.ts";
import type { Cell, Column } from "./table.ts";
import { formatCount } from "./units.ts";

const STATS: readonly Column[] = ["min", "max", "mean", "std", "NaN", "Inf", "zeros"].map((
  title,
) => ({
  title,
  align: "right",
}));

/** What is wanted of every tensor. */
export interface NumbersWanted {
  /** Statistics. */
  readonly stats: boolean;
  /** A digest. */
  readonly sha256: boolean;
  /** How the numbers are spread, as a line of bars. */
  readonly bars: boolean;
  /** What somebody else has found of a tensor. */
  readonly known?: KnownNumbers;
  /** Told of every tensor's bytes when they have been looked at. */
  readonly progress: (bytes: number) => void;
}

/** A table with more columns. */
export interface NumbersAdded {
  /** The columns. */
  readonly columns: readonly Column[];
  /** The rows. */
  readonly cells: Cell[][];
  /** Tensors that couldn't be read. */
  readonly failed: number;
}

/** Adds the columns that were asked for, before the last one. */
export async function addNumbers(
  columns: readonly Column[],
  cells: readonly Cell[][],
  tensors: readonly Tensor[],
  options: NumbersWanted,
): Promise<NumbersAdded> {
  const added: Column[] = options.stats ? [...STATS] : [];
  if (options.bars) added.push({ title: "histogram" });
  if (options.sha256) added.push({ title: "sha256" });
  const rows: Cell[][] = [];
  let failed = 0;
  for (const [i, tensor] of tensors.entries()) {
    const row = [...cells[i]!];
    const found = await numberCells(tensor, options);
    options.progress(tensor.nbytes);
    if (Array.isArray(found)) row.splice(-1, 0, ...found);
    else {
      failed++;
      const empty = new Array<Cell>(added.length - 1).fill("");
      row.splice(-1, 0, { text: found.message, style: "red" }, ...empty);
    }
    rows.push(row);
  }
  const last = columns[columns.length - 1]!;
  return { columns: [...columns.slice(0, -1), ...added, last], cells: rows, failed };
}

/** The cells that were asked for, none for a tensor without elements of its own; or why not. */
async function numberCells(
  tensor: Tensor,
  options: NumbersWanted,
): Promise<Cell[] | StateDictError> {
  if (tensor.isComposite || tensor.dtype.objects || !tensor.storage) {
    const columns = (options.stats ? STATS.length : 0) + Number(options.bars);
    return new Array<Cell>(columns + Number(options.sha256)).fill("");
  }
  try {
    const cells: Cell[] = [];
    const known = await options.known?.(tensor);
    const stats = options.stats ? known?.stats ?? await tensorStats(tensor) : null;
    if (options.stats) cells.push(...statsCells(stats));
    if (options.bars) cells.push(stats ? await barsOf(tensor, stats) : "");
    if (options.sha256) cells.push(known?.sha256 ?? await tensorSha256(tensor));
    return cells;
  } catch (error) {
    if (!isStateDictError(error) || error.code === "aborted") throw error;
    return error;
  }
}

function statsCells(stats: TensorStats | null): Cell[] {
  if (!stats) return new Array(STATS.length).fill("");
  const number = (value: number | null) =>
    value === null ? "" : String(Number(value.toPrecision(4)));
  const count = (value: number): Cell =>
    value === 0 ? "" : { text: formatCount(value), style: "yellow" };
  const { min, max, mean, std, nan, inf, zeros } = stats;
  return [
    ...[min, max, mean, std].map(number),
    count(nan),
    count(inf),
    zeros === 0 ? "" : formatCount(zeros),
  ];
}

const BARS = "▁▂▃▄▅▆▇█";

/** Ranges of a histogram: a bell is seen as one, and the line fits beside the numbers. */
const BINS = 12;

/** The ranges from the least number to the greatest, each as high as it is full; an empty one is blank. */
async function barsOf(tensor: Tensor, { min, max }: TensorStats): Promise<string> {
  if (min === null || max === null) return "";
  const counts = await tensorHistogram(tensor, min, max, BINS);
  const most = Math.max(...counts);
  const bar = (count: number) =>
    count === 0 ? " " : BARS[Math.ceil(count / most * BARS.length) - 1]!;
  return counts.map(bar).join("");
}
