/**
 * Lets timers, signals and other work have their turn during long work.
 *
 * Reading and writing are synchronous here, and a promise that is kept already doesn't leave the
 * program's turn either: without this an interrupt or a time limit would wait for the last byte.
 *
 * @module
 */

/** Milliseconds between two breaths: no person waits longer, and the work loses 1 % at most. */
const INTERVAL = 100;

let last = 0;

/** Something to wait for if it is time for a breath; nothing else costs as little. */
export function breathe(): Promise<void> | undefined {
  const now = performance.now();
  if (now - last < INTERVAL) return undefined;
  last = now;
  return new Promise((resolve) => setTimeout(resolve, 0));
}
