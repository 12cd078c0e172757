/**
 * How much memory a run of the command takes.
 *
 * @module
 */

import { runCli } from "./cli.ts";
import type { CliOptions, CliResult } from "./cli.ts";
import { peakMemory } from "./proc.ts";

/** A run, and the most memory that it held at a time, in MiB. */
export interface MeasuredResult extends CliResult {
  readonly peak: number;
}

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
    peak = peakMemory(pid);
    timer = setInterval(() => peak = Math.max(peak, peakMemory(pid)), EVERY);
  };
  const result = await runCli(args, { ...options, started }).finally(() => clearInterval(timer));
  return { ...result, peak };
}
