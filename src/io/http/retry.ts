/**
 * Tries again what may go better the next time.
 *
 * @module
 */

import type { StateDictError } from "../../errors.ts";
import { checkAborted } from "../source.ts";
import type { HttpOptions } from "./options.ts";

/** Milliseconds that a server may make us wait between two tries. */
export const LONGEST_WAIT = 30_000;

/** Thrown by a try whose failure may be a passing one. */
export class Setback extends Error {
  /** The error, if no try goes better. */
  readonly problem: StateDictError;
  /** Milliseconds to wait, where the server said so. */
  readonly wait: number | undefined;
  /** Keeps the error for the last try. */
  constructor(problem: StateDictError, wait?: number) {
    super(problem.message);
    this.problem = problem;
    this.wait = wait;
  }
}

/** Tries, unless the caller says otherwise: with the waits between them they take two seconds. */
const TRIES = 4;

/** Milliseconds before the second try. */
const BACKOFF = 250;

/** How often and how soon. */
export interface RetryOptions {
  /** Tries in all. */
  readonly tries: number;
  /** Milliseconds before the second try; doubled before each next. */
  readonly backoff: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** The same, as a caller's options have it. */
export function retryOptions(
  { tries = TRIES, backoff = BACKOFF }: HttpOptions,
  signal: AbortSignal | undefined,
): RetryOptions {
  return { tries, backoff, signal };
}

/**
 * Does what may fail until it succeeds, or has failed so many times in a row. A try that got on says
 * so by `progressed`, and counts as the first again.
 */
export async function withRetries<T>(
  { tries, backoff, signal }: RetryOptions,
  attempt: (progressed: () => void) => Promise<T>,
): Promise<T> {
  for (let failed = 0;;) {
    checkAborted(signal);
    try {
      return await attempt(() => failed = 0);
    } catch (error) {
      if (!(error instanceof Setback)) throw error;
      if (++failed >= tries) throw error.problem;
      // Clients that failed together must not come back together.
      const growing = backoff * 2 ** (failed - 1) * (0.5 + Math.random() / 2);
      await pause(Math.max(error.wait ?? 0, growing), signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  checkAborted(signal);
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
}

/** Milliseconds that a `Retry-After` header asks for: a number of seconds, or a date. */
export function retryAfter(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
