/**
 * How much memory a run of the command takes.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { runCli } from "./cli.ts";
import type { CliOptions, CliResult } from "./cli.ts";

/** A run, and the most memory that it held at a time, in MiB. */
export interface MeasuredResult extends CliResult {
  readonly peak: number;
}

/** A reason to skip where the system doesn't tell of its processes. */
export const withoutPeak: false | string = existsSync("/proc/self/status")
  ? false
  : "no /proc to read the memory of a process from";

/** Milliseconds between two looks: the mark only rises, and only what is missed at the end counts. */
const EVERY = 10;

/** Runs `statedict ARGS…`. */
export async function measureCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<MeasuredResult> {
  let peak = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  const started = (pid: number) => {
    timer = setInterval(() => peak = Math.max(peak, highWater(pid)), EVERY);
  };
  const result = await runCli(args, { ...options, started }).finally(() => clearInterval(timer));
  return { ...result, peak };
}

/** `VmHWM` of a process, 0 when it has gone. */
function highWater(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
