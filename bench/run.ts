/**
 * Measures the command against its peers and prints one Markdown table.
 *
 *     deno run -A bench/run.ts --dir FOLDER [--rounds N] [--only WORD]
 *
 * The files are made in FOLDER, once: about 5 GiB, and outputs take 4 GiB more. Peers in Python are looked for in
 * STATEDICT_PYTHON, `.venv` and `python3`.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { measure, type Measured, median } from "./measure.ts";
import { type Workload, WORKLOADS } from "./workloads.ts";

/** Fewer runs than this say nothing about a median. */
const FEWEST_ROUNDS = 5;

const ROOT = join(import.meta.dirname!, "..");

/** The programs that the command lines of the table name. */
function programs(folder: string): Record<string, string> {
  const empty = join(folder, "empty.js");
  writeFileSync(empty, "");
  const own = join(ROOT, ".venv", "bin", "python");
  return {
    deno: process.env.DENO ?? "deno",
    bun: process.env.BUN ?? "bun",
    node: process.env.NODE ?? "node",
    python: process.env.STATEDICT_PYTHON ?? (existsSync(own) ? own : "python3"),
    cli: join(ROOT, "cli.ts"),
    built: join(ROOT, "dist", "cli.js"),
    empty,
  };
}

/** Makes the JavaScript that npm publishes: it is what people run in Node. */
function build(): void {
  const { status } = spawnSync("npm", ["run", "--silent", "prepack"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("The npm package can't be built");
}

/** Makes a file unless it is there; whole or not at all. */
function makeFile(python: string, folder: string, name: string): string {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  console.error(`making ${path}`);
  const script = join(import.meta.dirname!, "make_files.py");
  const run = spawnSync(python, [script, name, `${path}.part`], { stdio: "inherit" });
  if (run.status !== 0) {
    throw new Error(`${name} can't be made: ${run.error?.message ?? `status ${run.status}`}`);
  }
  renameSync(`${path}.part`, path);
  return path;
}

function runWorkload(workload: Workload, folder: string, rounds: number): string[] {
  const output = join(folder, "output");
  const names: Record<string, string> = { ...programs(folder), out: output };
  const candidates = workload.rows.map(({ label, command, file }) => {
    const path = makeFile(names.python!, folder, file ?? workload.file);
    const words: Record<string, string> = { ...names, file: path, bench: import.meta.dirname! };
    const fill = (part: string) => part.replace(/\{(\w+)\}/g, (all, word) => words[word] ?? all);
    return { label, command: command.map(fill) };
  });
  const results = measure(candidates, rounds, () => {
    rmSync(output, { recursive: true, force: true });
    mkdirSync(output);
    spawnSync("sync");
  });
  rmSync(output, { recursive: true });
  return workload.rows.map((row, i) => tableLine(workload.name, row.against, results, i));
}

function tableLine(
  workload: string,
  against: readonly string[],
  results: readonly Measured[],
  at: number,
): string {
  const { label, times, peak, failure } = results[at]!;
  if (failure !== undefined) return `| ${workload} | ${label} | failed: ${failure} | | | |`;
  const own = median(times);
  const ratios = against.map((peer) => {
    const theirs = results.find((result) => result.label === peer);
    if (!theirs || theirs.times.length === 0) return `no ${peer}`;
    return `${(own / median(theirs.times)).toPrecision(3)} x ${peer}`;
  });
  const range = `${times[0]!.toFixed(1)}..${times.at(-1)!.toFixed(1)}`;
  const memory = peak === undefined ? "" : (peak / 2 ** 20).toFixed(0);
  return `| ${workload} | ${label} | ${own.toFixed(1)} | ${range} | ${
    ratios.join(", ")
  } | ${memory} |`;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      rounds: { type: "string", default: "7" },
      only: { type: "string", default: "" },
    },
  });
  const rounds = Number(values.rounds);
  if (!values.dir || !(rounds >= FEWEST_ROUNDS)) {
    console.error(
      `usage: run.ts --dir FOLDER [--rounds N (${FEWEST_ROUNDS} or more)] [--only WORD]`,
    );
    process.exitCode = 2;
    return;
  }
  mkdirSync(values.dir, { recursive: true });
  build();
  const load = loadavg()[0]!.toFixed(1);
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${load}, ${rounds} runs in turn\n`);
  console.log("| workload | program | median ms | min..max | ratio | peak MiB |");
  console.log("| --- | --- | ---: | ---: | --- | ---: |");
  for (const workload of WORKLOADS) {
    if (!workload.name.includes(values.only)) continue;
    for (const line of runWorkload(workload, values.dir, rounds)) console.log(line);
  }
}

main();
