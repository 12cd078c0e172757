/**
 * Columns of a listing that need the tensors' bytes: statistics and digests.
 *
 * @module
 */

import { isStateDictError } from "../errors.ts";
import { tensorSha256 } from "../tensor/hash.ts";
import { tensorStats } from "../tensor/stats.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Cell, Column } from "./table.ts";
import { formatCount } from "./units.ts";

const STATS: readonly Column[] = ["min", "max", "mean", "std", "NaN", "Inf", "zeros"].map((
  title,
) => ({
  title,
  align: "right",
}));

/** Adds the columns that were asked for, before the last one. */
export async function addNumbers(
  columns: readonly Column[],
  cells: readonly Cell[][],
  tensors: readonly Tensor[],
  options: { readonly stats: boolean; readonly sha256: boolean },
): Promise<{ columns: readonly Column[]; cells: Cell[][] }> {
  const added = [...options.stats ? STATS : [], ...options.sha256 ? [{ title: "sha256" }] : []];
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
  options: { readonly stats: boolean; readonly sha256: boolean },
  width: number,
): Promise<Cell[]> {
  if (tensor.isComposite || tensor.dtype.objects || !tensor.storage) {
    return new Array(width).fill("");
  }
  try {
    const cells: Cell[] = [];
    if (options.stats) cells.push(...await statsCells(tensor));
    if (options.sha256) cells.push(await tensorSha256(tensor));
    return cells;
  } catch (error) {
    if (!isStateDictError(error) || error.code === "aborted") throw error;
    return [{ text: error.message, style: "red" }, ...new Array<Cell>(width - 1).fill("")];
  }
}

async function statsCells(tensor: Tensor): Promise<Cell[]> {
  const stats = await tensorStats(tensor);
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
