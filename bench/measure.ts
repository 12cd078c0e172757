/**
 * Times whole processes, in turn, so that a machine that slows down slows all of them down.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** A process to time. */
export interface Candidate {
  readonly label: string;
  readonly command: readonly string[];
}

/** What its runs gave. */
export interface Measured {
  readonly label: string;
  /** Wall time of each run in milliseconds, fastest first; empty if a run failed. */
  readonly times: readonly number[];
  /** The most memory that it held, in bytes, where the system tells. */
  readonly peak: number | undefined;
  /** Why there are no times. */
  readonly failure: string | undefined;
}

/**
 * Runs every candidate `rounds` times after one round that only warms the caches. `before` is called
 * ahead of each run: outputs that still lie there would be written back during the next one.
 */
export function measure(
  candidates: readonly Candidate[],
  rounds: number,
  before: () => void,
): Measured[] {
  const runs = candidates.map(({ label, command }) => {
    before();
    return { label, command, times: [] as number[], failure: runOnce(command).failure };
  });
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      if (run.failure !== undefined) continue;
      before();
      const { time, failure } = runOnce(run.command);
      run.times.push(time);
      run.failure = failure;
    }
  }
  return runs.map(({ label, command, times, failure }) => {
    before();
    return {
      label,
      times: failure === undefined ? times.sort((a, b) => a - b) : [],
      peak: failure === undefined ? peakMemory(command) : undefined,
      failure,
    };
  });
}

/** The middle one of sorted times. */
export function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function runOnce(command: readonly string[]): { time: number; failure: string | undefined } {
  const [program, ...args] = command;
  const start = performance.now();
  const run = spawnSync(program!, args, { stdio: ["ignore", "ignore", "pipe"] });
  const time = performance.now() - start;
  if (run.status === 0) return { time, failure: undefined };
  const lines = String(run.stderr ?? "").trim().split("\n");
  return { time, failure: run.error?.message ?? lines.at(-1) ?? `status ${run.status}` };
}

/** GNU time reports kilobytes; its absence only leaves the column empty. */
const GNU_TIME = "/usr/bin/time";

function peakMemory(command: readonly string[]): number | undefined {
  if (!existsSync(GNU_TIME)) return undefined;
  const run = spawnSync(GNU_TIME, ["-f", "%M", ...command], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kilobytes = Number(String(run.stderr).trim().split("\n").at(-1));
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : undefined;
}
