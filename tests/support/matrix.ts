/**
 * Every file converted to every format, and the real libraries asked whether it holds the same.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { distinguish } from "../../src/checkpoint/paths.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import type { ArraysEntry, TorchEntry } from "./corpus.ts";
import { manifest } from "./corpus.ts";
import { listArrays, verifyMany } from "./verify.ts";
import type { ListedArray } from "./verify.ts";

/** One output, and how it is checked. */
interface Column {
  readonly name: string;
  readonly format: string;
  readonly extension: string;
  readonly compress?: string;
}

/** The outputs. */
export const COLUMNS: readonly Column[] = [
  { name: "pt", format: "pt", extension: "pt" },
  { name: "safetensors", format: "safetensors", extension: "safetensors" },
  { name: "json", format: "json", extension: "json" },
  { name: "pickle", format: "pickle", extension: "pkl" },
  { name: "joblib", format: "joblib", extension: "joblib" },
  { name: "joblib, zlib", format: "joblib", extension: "zlib.joblib", compress: "zlib" },
  { name: "npz", format: "npz", extension: "npz" },
  { name: "raw", format: "raw", extension: "raw" },
];

/** What became of the files of one format in one output format. */
export interface Cell {
  /** Files that hold the same. */
  equal: number;
  /** Files that hold the same but for what the report names. */
  partly: number;
  /** Files that were refused with an error. */
  refused: number;
  /** Files that the real library itself doesn't load. */
  unproved: number;
  /** What is wrong; there should be nothing. */
  readonly wrong: string[];
}

/** Errors that say that a format can't hold something, or that objects weren't allowed. */
const REFUSALS = new Set(["unsupported", "limit", "conflict", "refused"]);

/** Cells by the input's format, then by the output's column. */
export type Matrix = Map<string, Map<string, Cell>>;

/** One conversion that was done. */
interface Done {
  readonly entry: TorchEntry | ArraysEntry;
  readonly input: string;
  readonly output: string;
  readonly left: Set<string>;
  readonly ties: ReadonlyMap<string, string>;
  readonly cell: Cell;
  readonly column: Column;
}

/** Converts the `ok` files of a corpus into `scratch`. Needs Python with torch, joblib and safetensors. */
export async function runMatrix(
  kind: "torch" | "arrays",
  folder: string,
  scratch: string,
  matrix: Matrix = new Map(),
): Promise<Matrix> {
  const done: Done[] = [];
  for (const [i, entry] of manifest(kind, folder).entries()) {
    if (entry.expect !== "ok" || ("lenient" in entry && entry.lenient)) continue;
    const row = matrix.get(entry.format) ?? new Map<string, Cell>();
    matrix.set(entry.format, row);
    for (const column of COLUMNS) {
      const cell = row.get(column.name) ??
        { equal: 0, partly: 0, refused: 0, unproved: 0, wrong: [] };
      row.set(column.name, cell);
      const input = join(folder, entry.file);
      const output = join(scratch, `${kind}-${i}.${column.extension}`);
      const one = await convert(entry, input, output, column, cell);
      if (one) done.push(one);
    }
  }
  await check(kind, done);
  return matrix;
}

async function convert(
  entry: Done["entry"],
  input: string,
  output: string,
  column: Column,
  cell: Cell,
): Promise<Done | undefined> {
  const { format, compress } = column;
  try {
    await using checkpoint = await openCheckpoint(input, { inert: true });
    const options = { format, ...(compress === undefined ? {} : { compress }) };
    const { left } = await saveCheckpoint(output, checkpoint, options);
    let ties: ReadonlyMap<string, string> = new Map();
    if (format === "safetensors") {
      await using written = await openCheckpoint(output);
      ties = written.metadata;
    }
    const done = { entry, input, output, ties, cell, column };
    return { ...done, left: new Set(left.map(({ path }) => path)) };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (REFUSALS.has(code ?? "")) cell.refused++;
    else cell.wrong.push(`${entry.file}: ${message}`);
    return undefined;
  }
}

async function check(kind: "torch" | "arrays", done: readonly Done[]): Promise<void> {
  const pairs: string[][] = [];
  const paired: Done[] = [];
  const lists: { one: Done; output: string }[] = [];
  for (const one of done) {
    const { format } = one.column;
    const output = format === "json" ? await backFromJson(kind, one) : one.output;
    if (output === undefined) continue;
    if (format === "raw") conclude(one, rawArrays(output));
    else if (isComparable(kind, one)) {
      pairs.push([one.input, output, ...flagsOf(kind, one)]);
      paired.push(one);
    } else lists.push({ one, output });
  }
  const modules = ["torch", "numpy", "joblib", "safetensors"];
  const verdicts = await verifyMany(`verify_${kind}`, pairs, modules);
  for (const [i, { status, output }] of verdicts.entries()) {
    const { cell, entry, input, left } = paired[i]!;
    // What the library itself can't read any more says nothing of us.
    if (/^A does not load/.test(output) || output.startsWith(`${input} does not load`)) {
      cell.unproved++;
    } else if (status !== 0) cell.wrong.push(`${entry.file}: ${output.trim().slice(0, 200)}`);
    else if (left.size > 0) cell.partly++;
    else cell.equal++;
  }
  const found = await listArrays(lists.map(({ output }) => output));
  for (const [i, { one }] of lists.entries()) conclude(one, new Map(Object.entries(found[i]!)));
}

/** Files that `torch.load` opens; of the others only the tensors can be compared. */
const TORCH_TREES = new Set(["torch-zip", "torch-legacy", "torch-tar"]);

/** Whether the verifier opens both files, and the second should hold all of the first. */
function isComparable(kind: "torch" | "arrays", { column, entry, left }: Done): boolean {
  const { format } = column;
  if (kind === "torch") {
    return TORCH_TREES.has(entry.format) && (format === "pt" || format === "json");
  }
  return format === "pickle" || format === "joblib" || (format !== "pt" && left.size === 0);
}

function flagsOf(kind: "torch" | "arrays", { column, entry }: Done): string[] {
  if (kind === "torch") return ["--map-cpu"];
  if (column.format !== "pickle" && column.format !== "joblib" && column.format !== "json") {
    return ["--arrays-only", "--values-only"];
  }
  // Several pickles in one file become a list of them, in one.
  return "kinds" in entry && entry.kinds[""] === undefined ? ["--no-kinds"] : [];
}

/** JSON is compared by what it becomes again. */
async function backFromJson(kind: "torch" | "arrays", one: Done): Promise<string | undefined> {
  const { format } = one.entry;
  const isTree = kind === "torch" || format === "joblib" || format === "pickle";
  const back = kind === "torch" ? "pt" : isTree ? "joblib" : format;
  const output = `${one.output}.${back}`;
  try {
    await using checkpoint = await openCheckpoint(one.output, { inert: true });
    const { left } = await saveCheckpoint(output, checkpoint);
    for (const { path } of left) one.left.add(path);
    return output;
  } catch (error) {
    one.cell.wrong.push(`${one.entry.file}: ${(error as Error).message}`);
    return undefined;
  }
}

/** What the sidecar says, and the digests of what is there. */
function rawArrays(output: string): Map<string, ListedArray> {
  const { tensors } = JSON.parse(readFileSync(`${output}.json`, "utf8")) as {
    tensors: { name: string; shape: number[]; offset: number; nbytes: number }[];
  };
  const bytes = readFileSync(output);
  return new Map(tensors.map(({ name, shape, offset, nbytes }) => {
    const part = bytes.subarray(offset, offset + nbytes);
    return [name, { shape, sha256: createHash("sha256").update(part).digest("hex") }];
  }));
}

/** Every array of the manifest is there with its digest, tied to one that is, or in the report. */
function conclude(one: Done, found: ReadonlyMap<string, ListedArray | string | null>): void {
  const { entry, cell, left, ties } = one;
  const error = found.get("error");
  if (typeof error === "string") {
    // Limits of Python itself, which the input meets too, and libraries that the input needs as well.
    const missing = /^ModuleNotFoundError: No module named '([^'.]+)/.exec(error)?.[1];
    const needed = (entry.globals ?? []).some((name) => name.split(".")[0] === missing);
    if (needed || /^RecursionError|unregistered extension/.test(error)) cell.unproved++;
    else cell.wrong.push(`${entry.file}: ${error}`);
    return;
  }
  const seen = new Map<string, number>();
  // Python spells some keys alike that are told apart here.
  const unclear = new Set(
    (entry.tensors ?? []).map(({ name }) => name).filter((name) => /[(~]/.test(name)).flatMap((
      name,
    ) => [name, name.replace(/~\d+$/, "")]),
  );
  const before = cell.wrong.length;
  for (const { name: path, sha256 } of entry.tensors ?? []) {
    const name = distinguish(path, seen);
    const parents = name.split(".").map((_, n, all) => all.slice(0, n + 1).join("."));
    if (
      sha256 === null || unclear.has(path) || left.has("") ||
      parents.some((parent) => left.has(parent))
    ) continue;
    const array = found.get(name) ?? found.get(ties.get(name) ?? "");
    if (array === null) continue;
    // Inside objects the library's own attributes have other paths.
    if (array === undefined && !["safetensors", "npz", "raw"].includes(one.column.format)) continue;
    if (array === undefined || typeof array === "string") {
      cell.wrong.push(`${entry.file}: ${name} is missing`);
    } else if (array.sha256 !== sha256) cell.wrong.push(`${entry.file}: ${name} differs`);
  }
  if (cell.wrong.length > before) return;
  if (left.size > 0) cell.partly++;
  else cell.equal++;
}

/** The table, for docs. */
export function matrixTable(matrix: Matrix): string {
  const names = COLUMNS.map(({ name }) => name);
  const lines = [
    `| from \\ to | ${names.join(" | ")} |`,
    `| --- |${" --- |".repeat(names.length)}`,
  ];
  for (const [format, row] of matrix) {
    lines.push(`| ${format} | ${names.map((name) => cellText(row.get(name)!)).join(" | ")} |`);
  }
  return lines.join("\n");
}

function cellText({ equal, partly, refused, unproved, wrong }: Cell): string {
  const parts = [`${equal}`];
  if (partly > 0) parts.push(`${partly} in part`);
  if (refused > 0) parts.push(`${refused} refused`);
  if (unproved > 0) parts.push(`${unproved} unproved`);
  if (wrong.length > 0) parts.push(`**${wrong.length} wrong**`);
  return parts.join(", ");
}
