/**
 * Columns of a listing that need the tensors' bytes: statistics and digests.
 *
 * @module
 */

import { isStateDictError } from "../errors.ts";
import { tensorSha256 } from "../tensor/hash.ts";
import { tensorHistogram } from "../tensor/histogram.ts";
import { tensorStats } from "../tensor/stats.ts";
import type { TensorStats } from "../tensor/stats.ts";
import type { Tensor } from "../tensor/tensor.ts";
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
}

/** Adds the columns that were asked for, before the last one. */
export async function addNumbers(
  columns: readonly Column[],
  cells: readonly Cell[][],
  tensors: readonly Tensor[],
  options: NumbersWanted,
): Promise<{ columns: readonly Column[]; cells: Cell[][] }> {
  const added: Column[] = options.stats ? [...STATS] : [];
  if (options.bars) added.push({ title: "histogram" });
  if (options.sha256) added.push({ title: "sha256" });
  const rows: Cell[][] = [];
  for (const [i, tensor] of tensors.entries()) {
    const row = [...cells[i]!];
    row.splice(-1, 0, ...await numberCells(tensor, options, added.length));
    rows.push(row);
  }
  return {
    columns: [...columns.slice(0, -1), ...added, columns[columns.length - 1]!],
    cells: rows,
  };
}

async function numberCells(
  tensor: Tensor,
  options: NumbersWanted,
  width: number,
): Promise<Cell[]> {
  if (tensor.isComposite || tensor.dtype.objects || !tensor.storage) {
    return new Array(width).fill("");
  }
  try {
    const cells: Cell[] = [];
    const stats = options.stats ? await tensorStats(tensor) : null;
    if (options.stats) cells.push(...statsCells(stats));
    if (options.bars) cells.push(stats ? await barsOf(tensor, stats) : "");
    if (options.sha256) cells.push(await tensorSha256(tensor));
    return cells;
  } catch (error) {
    if (!isStateDictError(error) || error.code === "aborted") throw error;
    return [{ text: error.message, style: "red" }, ...new Array<Cell>(width - 1).fill("")];
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
