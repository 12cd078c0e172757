/**
 * One line on standard error that says how far a long copy is.
 *
 * @module
 */

import { showText } from "../text/escape.ts";
import type { Io } from "./io.ts";
import { formatBytes, formatDuration, formatRate } from "./units.ts";

/** A running job, for whoever does it to report to. */
export interface Progress {
  /** Tells how many bytes are done. Cheap: may be called for every block. */
  update(done: number): void;
  /** Wipes the line. */
  end(): void;
}

/** What {@linkcode startProgress} is told. */
export interface ProgressOptions {
  /** What is being done: `Writing model.safetensors`. */
  readonly label: string;
  /** Bytes in all, if known. */
  readonly total?: number | undefined;
  /** Milliseconds since some start; the system's clock unless a test has its own. */
  readonly clock?: () => number;
}

/** Jobs that end sooner than this show nothing: a line that flashes is noise. */
const FIRST_MS = 300;
/** Ten times a second is smooth, and costs nothing. */
const STEP_MS = 100;

const ERASE_LINE = "\r\x1b[K";

const SILENT: Progress = { update() {}, end() {} };

/** Starts a progress line; silent with `--quiet` and where no person sees standard error. */
export function startProgress(io: Io, options: ProgressOptions): Progress {
  if (io.quiet || !io.isTerminal("stderr")) return SILENT;
  const clock = options.clock ?? (() => performance.now());
  const start = clock();
  let next = start + FIRST_MS;
  let visible = false;
  return {
    update(done) {
      const now = clock();
      if (now < next) return;
      next = now + STEP_MS;
      visible = true;
      const line = describe(options, done, (now - start) / 1000);
      // One column less than there is: a full line would wrap, and couldn't be wiped.
      io.stderr(`\r${showText(line, { max: Math.max(1, io.columns - 1) })}\x1b[K`);
    },
    end() {
      if (visible) io.stderr(ERASE_LINE);
      visible = false;
    },
  };
}

function describe({ label, total }: ProgressOptions, done: number, seconds: number): string {
  const parts = [showText(label, { max: 60, cut: "middle" })];
  if (total) {
    parts.push(`${Math.min(100, Math.floor(done / total * 100))} %`);
    parts.push(`${formatBytes(done)} of ${formatBytes(total)}`);
  } else parts.push(formatBytes(done));
  parts.push(formatRate(done, seconds));
  if (total && done > 0 && done < total) {
    parts.push(`${formatDuration((total - done) * seconds / done)} left`);
  }
  return parts.join("  ");
}
