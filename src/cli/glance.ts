/**
 * `statedict inspect FILE` for the checkpoints that most people have, with as little of the program
 * as that takes: it is the command that people wait for, and loading the rest takes longer than
 * answering. It prints what `inspect` would print, or nothing.
 *
 * @module
 */

import { glanceTorch } from "../formats/torch/glance.ts";
import type { TorchGlance } from "../formats/torch/glance.ts";
import { openGlance } from "../io/glance_file.ts";
import type { GlanceFile } from "../io/glance_file.ts";
import { commandWords, endWell, openGlanceOutput } from "./glance_output.ts";
import {
  aliasRemark,
  COLUMNS,
  headline,
  orderRemark,
  rootsOf,
  shapeText,
  summaryLines,
  tensorRow,
} from "./listing_lines.ts";
import { tableLines } from "./table.ts";
import type { TableOptions } from "./table.ts";
import { formatBytes } from "./units.ts";

/**
 * Answers the command line and ends, if it is one of those; returns if the whole program must: to
 * answer, or to tell of the error that it is given.
 */
export async function glance(): Promise<unknown> {
  const [command, path, ...more] = commandWords();
  if (command !== "inspect" || path === undefined || more.length > 0) {
    return undefined;
  }
  if (path.startsWith("-") || /^[a-z]+:\/\//i.test(path)) return undefined;
  const found = await look(path);
  if (!found) return undefined;
  const output = await openGlanceOutput();
  try {
    await output.write(glanceText(path, found, output.look));
  } catch (error) {
    return error;
  }
  endWell();
}

/** What was found in a file of so many bytes. */
export interface Found extends TorchGlance {
  /** Bytes of the file. */
  readonly size: number;
}

async function look(path: string): Promise<Found | undefined> {
  let file: GlanceFile | undefined;
  try {
    file = await openGlance(path);
    const found = await glanceTorch(file);
    return found && { ...found, size: file.size };
  } catch {
    return undefined; // the whole program meets the error too, and has the words for it
  } finally {
    file?.close();
  }
}

/** The listing, as `listing.ts` would write it. */
export function glanceText(
  path: string,
  { size, tensors, containers, leaves }: Found,
  look: TableOptions,
): string {
  const lines = [headline(path, "torch-zip", size, look.paint)];
  let parameters = 0;
  const rows = tensors.map((tensor) => {
    const { path, aliasOf, storage, shape, numel, nbytes, order, parameter } = tensor;
    parameters += numel;
    const remarks: string[] = [];
    if (aliasOf !== undefined) remarks.push(aliasRemark(aliasOf));
    if (order !== "C") remarks.push(orderRemark(order));
    if (parameter) remarks.push("parameter");
    return tensorRow(path, storage.dtype, shapeText(shape), formatBytes(nbytes), remarks);
  });
  lines.push("");
  for (const line of rows.length > 0 ? tableLines(COLUMNS, rows, look) : []) lines.push(line);
  const roots = rootsOf(containers, tensors.map(({ path }) => path));
  const totals = { tensors: rows.length, shown: rows.length, parameters, leaves, roots };
  if (rows.length > 0) lines.push("");
  for (const line of summaryLines(totals, tensors)) lines.push(line);
  return `${lines.join("\n")}\n`;
}
