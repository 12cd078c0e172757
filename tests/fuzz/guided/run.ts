/**
 * Fuzzes the readers with jazzer.js, which sees what code each input reaches and goes on from there:
 *
 *     deno run -A tests/fuzz/guided/run.ts --seconds 300 pickle zip
 *     deno run -A tests/fuzz/guided/run.ts                            all, a minute each
 *     deno run -A tests/fuzz/guided/run.ts --again FILE pickle        one input again
 *
 * Inputs that reach something new are kept in the folder that `--found` names, and begin the next run.
 * What it finds is written beside, as `fuzz-TARGET-crash-…` and so on. jazzer.js comes from npm when it is
 * wanted, and needs Node 24; its build for Linux needs glibc 2.38. JAZZER names another one to run.
 *
 * @module
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { inRepo } from "../../support/corpus.ts";
import { watchAllocations } from "./allocations.ts";
import { seedsByKind } from "./seeds.ts";
import { TARGETS } from "./targets.ts";

const JAZZER = process.env.JAZZER?.split(" ") ??
  ["npx", "-y", "-p", "@jazzer.js/core@4.0.0", "jazzer"];

/** Longest input, in bytes: more than any seed has. */
const LONGEST = 2 ** 15;

/** One input may take so long, in milliseconds; with coverage all is some five times as slow. */
const SLOWEST = 5000;

/** The process may hold so much, in MiB: what Babel leaves behind, up to 640, and 256. */
const MOST_MEMORY = 896;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    again: { type: "string" },
    found: { type: "string" },
  },
});
const names = positionals.length > 0 ? positionals : [...TARGETS.keys()];
for (const name of names) {
  if (!TARGETS.has(name)) throw new Error(`no target ${name}: ${[...TARGETS.keys()].join(", ")}`);
}

if (values.again === undefined) await fuzzAll();
else await again(values.again);

/** Without the fuzzer, so that errors come with our own lines. */
async function again(path: string): Promise<void> {
  const bytes = new Uint8Array(readFileSync(path));
  const files = [...(await seedsByKind()).values()].flat();
  const watched = watchAllocations();
  for (const name of names) {
    const start = performance.now();
    await watched(bytes.length, () => TARGETS.get(name)!.run(bytes, files));
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(`${name}: ${Math.round(performance.now() - start)} ms, ${memory} MiB now`);
  }
}

async function fuzzAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "statedict-fuzz-"));
  try {
    bundle(folder);
    await writeSeeds(folder);
    let found = 0;
    for (const name of names) found += await fuzz(name, folder) ? 1 : 0;
    process.exitCode = found > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The fuzzer's code and ours as one module: jazzer.js measures JavaScript, not TypeScript. */
function bundle(folder: string): void {
  const deno = "Deno" in globalThis ? process.execPath : process.env.DENO ?? "deno";
  const output = join(folder, "entry.mjs");
  const args = ["bundle", "--platform", "deno", "--output", output];
  const run = spawnSync(deno, [...args, inRepo("tests", "fuzz", "guided", "entry.ts")], {
    cwd: inRepo(),
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`deno bundle failed: ${run.stderr}`);
}

/** Writes the seeds of each target into a folder, and all of them into one. */
async function writeSeeds(folder: string): Promise<void> {
  const kinds = await seedsByKind();
  const all = join(folder, "files");
  for (const name of names) {
    mkdirSync(foundFolder(folder, name), { recursive: true });
    mkdirSync(join(folder, "seeds", name), { recursive: true });
    TARGETS.get(name)!.seeds.flatMap((kind) => kinds.get(kind) ?? []).forEach((bytes, i) =>
      writeFileSync(join(folder, "seeds", name, String(i)), bytes)
    );
  }
  mkdirSync(all);
  [...kinds.values()].flat().forEach((bytes, i) =>
    writeFileSync(join(all, String(i).padStart(5, "0")), bytes)
  );
}

/** Where the fuzzer keeps the inputs that reach something new. */
function foundFolder(folder: string, name: string): string {
  return join(values.found ?? join(folder, "found"), name);
}

/** Runs one target and tells what came of it in a line; whether it found something. */
async function fuzz(name: string, folder: string): Promise<boolean> {
  const [command, ...first] = JAZZER;
  const child = spawn(command!, [
    ...first,
    join(folder, "entry.mjs"),
    foundFolder(folder, name),
    join(folder, "seeds", name),
    ...(TARGETS.get(name)!.sync ? ["--sync"] : []),
    `--timeout=${SLOWEST}`,
    "--",
    `-max_total_time=${values.seconds}`,
    `-max_len=${LONGEST}`,
    `-rss_limit_mb=${MOST_MEMORY}`,
    `-artifact_prefix=fuzz-${name}-`,
    "-report_slow_units=2",
    "-print_final_stats=1",
  ], {
    env: {
      ...process.env,
      STATEDICT_FUZZ_TARGET: name,
      STATEDICT_FUZZ_FILES: join(folder, "files"),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => log += text);
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  console.log(summary(name, log));
  if (status !== 0) {
    console.log(log.split("\n").filter((line) => !/^#\d|# Uses/.test(line)).join("\n"));
  }
  return status !== 0;
}

function summary(name: string, log: string): string {
  const last = (pattern: RegExp): string => [...log.matchAll(pattern)].at(-1)?.[1] ?? "?";
  const runs = last(/number_of_executed_units: (\d+)/g);
  return `${name}: ${runs === "?" ? last(/^#(\d+)/gm) : runs} runs, ` +
    `${last(/cov: (\d+)/g)} edges, ${last(/ft: (\d+)/g)} features, ` +
    `the slowest took ${last(/slowest_unit_time_sec:\s+(\d+)/g)} s, ` +
    `${last(/peak_rss_mb:\s+(\d+)/g)} MiB at most`;
}
