/**
 * Runs many cases, for hours if one likes, and tells what went wrong:
 *
 *     deno run -A tests/fuzz/run.ts --seed 1 --cases 1000000
 *     bun tests/fuzz/run.ts --seed 1 --case 4711     one of them again
 *
 * The cases run in a worker; this thread sees to it that each comes to an end.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { makeCase, seedFiles } from "./cases.ts";
import { exercise } from "./target.ts";

/** A case may take so long, in milliseconds, though the machine be busy. */
const SLOW = 1000;

/** Longer than this it hangs. */
const HANG = 20_000;

/** Bytes that the whole process may hold. */
const MOST_MEMORY = 1.5 * 2 ** 30;

interface Plan {
  readonly seed: number;
  readonly from: number;
  readonly cases: number;
  /** The number of the case that runs. */
  readonly at: Int32Array;
}

if (isMainThread) supervise();
else await work(workerData as Plan);

function supervise(): void {
  const { values } = parseArgs({
    options: { seed: { type: "string" }, cases: { type: "string" }, case: { type: "string" } },
  });
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const from = Number(values.case ?? 0);
  const cases = values.case === undefined ? Number(values.cases ?? 100_000) : 1;
  console.log(`seed ${seed}, ${cases} cases of ${seedFiles().length} files`);
  const at = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { seed, from, cases, at } satisfies Plan,
  });
  let [last, since] = [-1, Date.now()];
  const watch = setInterval(() => {
    const now = Atomics.load(at, 0);
    if (now !== last) [last, since] = [now, Date.now()];
    else if (Date.now() - since > HANG) end(`case ${now} hangs`);
    const { rss } = process.memoryUsage();
    if (rss > MOST_MEMORY) end(`case ${now}: the process holds ${Math.round(rss / 2 ** 20)} MiB`);
  }, 200);
  const end = (line: string) => {
    console.log(line);
    process.exit(1);
  };
  worker.on("message", (line: string) => console.log(line));
  worker.on("error", (error: Error) => end(`the worker ended: ${error.stack}`));
  worker.on("exit", (code: number) => {
    clearInterval(watch);
    process.exitCode = code;
  });
}

async function work({ seed, from, cases, at }: Plan): Promise<void> {
  const files = seedFiles();
  const say = (line: string) => parentPort!.postMessage(line);
  const start = performance.now();
  let [slowest, found] = [0, 0];
  for (let number = from; number < from + cases; number++) {
    Atomics.store(at, 0, number);
    const { path, bytes } = makeCase(files, seed, number);
    const begun = performance.now();
    try {
      await exercise(bytes);
    } catch (error) {
      found++;
      say(`case ${number} (${path}): ${(error as Error).stack}`);
      writeFileSync(`fuzz-${seed}-${number}.bin`, bytes);
    }
    const took = performance.now() - begun;
    slowest = Math.max(slowest, took);
    if (took > SLOW) say(`case ${number} (${path}): ${Math.round(took)} ms`);
    const done = number - from + 1;
    if (done % 20_000 === 0 || done === cases) {
      const seconds = (performance.now() - start) / 1000;
      const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
      say(
        `${done} cases in ${seconds.toFixed(0)} s, ${found} found, the slowest took ${
          slowest.toFixed(0)
        } ms, ${memory} MiB now`,
      );
    }
  }
  process.exitCode = found > 0 ? 1 : 0;
}
