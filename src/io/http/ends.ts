/**
 * The first and the last bytes of a remote file, asked for at the same time, before anything is
 * known of it. There is no HEAD request: the answer to a range says all that one would say.
 *
 * @module
 */

import { isStateDictError } from "../../errors.ts";
import { checkExact, contentRange, isEmptyFile } from "./content_range.ts";
import { pinOf } from "./pin.ts";
import type { Pin } from "./pin.ts";
import { statusProblem } from "./problems.ts";
import { ask, pieces } from "./request.ts";
import type { Answer, Session } from "./request.ts";
import { retryOptions, withRetries } from "./retry.ts";

/**
 * Bytes asked for: 128 KiB in all. The end gets what a zip archive is read from (`TAIL_SIZE` of
 * `src/zip/directory.ts`), so that no second request is needed for its first KiB.
 */
export const ENDS: { readonly head: number; readonly tail: number } = {
  head: 2 ** 16 - 2 ** 10,
  tail: 2 ** 16 + 2 ** 10,
};

/** One end of the file. */
export interface End {
  readonly bytes: Uint8Array;
  readonly pin: Pin;
}

/** What the two requests gave. */
export type Ends =
  | { readonly kind: "empty" }
  /** The server knows no ranges: the answer, still unread, is the whole file. */
  | { readonly kind: "whole"; readonly answer: Answer }
  | { readonly kind: "ends"; readonly head: End; readonly tail: End | undefined };

/** Asks for both ends. */
export async function readEnds(session: Session): Promise<Ends> {
  const { signal } = session.options;
  const stop = new AbortController();
  const forward = () => stop.abort();
  signal?.addEventListener("abort", forward);
  try {
    const tail = readTail(session, stop.signal);
    const head = await readHead(session, signal);
    return head.kind === "ends" ? { ...head, tail: await tail } : head;
  } finally {
    stop.abort();
    signal?.removeEventListener("abort", forward);
  }
}

async function readHead(session: Session, signal: AbortSignal | undefined): Promise<Ends> {
  return await withRetries(retryOptions(session.options, signal), async (): Promise<Ends> => {
    const answer = await ask(session, { Range: `bytes=0-${ENDS.head - 1}` }, signal);
    const { response, watch, from } = answer;
    try {
      if (response.status === 206) {
        const head = await readEnd(answer, (total) => [0, Math.min(ENDS.head, total)], signal);
        session.url = from.url;
        return { kind: "ends", head, tail: undefined };
      }
      if (response.status === 200) {
        session.url = from.url;
        return { kind: "whole", answer };
      }
      if (response.status === 416 && isEmptyFile(response.headers)) {
        watch.end();
        return { kind: "empty" };
      }
      throw statusProblem(response, from);
    } catch (error) {
      watch.end();
      throw error;
    }
  });
}

/**
 * The last bytes, or undefined where a server has no way to ask for them without the size: they are
 * asked for again then by whoever needs them, and that is when a fault is told of.
 */
async function readTail(session: Session, signal: AbortSignal): Promise<End | undefined> {
  try {
    return await withRetries(retryOptions(session.options, signal), async () => {
      const answer = await ask(session, { Range: `bytes=-${ENDS.tail}` }, signal);
      const { response, watch, from } = answer;
      try {
        if (response.status === 206) {
          return await readEnd(answer, (total) => [Math.max(0, total - ENDS.tail), total], signal);
        }
        if (response.status === 200 || response.status === 416) return undefined;
        throw statusProblem(response, from);
      } finally {
        watch.end();
      }
    });
  } catch (error) {
    if (isStateDictError(error)) return undefined;
    throw error;
  }
}

async function readEnd(
  answer: Answer,
  place: (total: number) => readonly [start: number, end: number],
  signal: AbortSignal | undefined,
): Promise<End> {
  const { response, from } = answer;
  const range = contentRange(response.headers, from.name);
  const [start, end] = place(range.total);
  checkExact(range, { start, end }, from.name);
  const bytes = new Uint8Array(end - start);
  let done = 0;
  for await (const piece of pieces(answer, bytes.length, signal)) {
    bytes.set(piece, done);
    done += piece.length;
  }
  return { bytes, pin: pinOf(response.headers, range.total) };
}
