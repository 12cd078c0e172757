/**
 * Ranges of a remote file whose size is known.
 *
 * @module
 */

import { lengthOf } from "../scatter.ts";
import type { ScatterSource } from "../scatter.ts";
import { checkRange } from "../source.ts";
import { checkExact, contentRange } from "./content_range.ts";
import { checkSame, conditions, pinOf } from "./pin.ts";
import type { Pin } from "./pin.ts";
import { changedProblem, statusProblem } from "./problems.ts";
import { ask, pieces } from "./request.ts";
import type { Answer, Session } from "./request.ts";
import { retryOptions, Setback, withRetries } from "./retry.ts";

/** Bytes that make a try count as one that got on. */
const PROGRESS = 2 ** 20;

/** Statuses of an address that was good for a while, as hubs' signed ones are. */
const EXPIRED: ReadonlySet<number> = new Set([401, 403, 404, 410]);

/** A source over a file of which one version was seen; every answer must be of the same. */
export function rangeSource(session: Session, pin: Pin): ScatterSource {
  const { name } = session;
  const source: ScatterSource = {
    size: pin.total,
    name,
    read: (offset, target, signal) => source.readParts(offset, [target], signal),
    async readParts(offset, parts, signal) {
      const length = lengthOf(parts);
      checkRange(source, offset, length);
      if (length === 0) return;
      const filler = fillParts(parts);
      // What came of an answer that was cut off is kept: the next try asks for the rest.
      await withRetries(retryOptions(session.options, signal), async (progressed) => {
        const before = filler.done;
        const asked = { start: offset + before, end: offset + length };
        const answer = await askRange(session, pin, asked, signal);
        try {
          for await (const piece of pieces(answer, asked.end - asked.start, signal)) {
            filler.push(piece);
          }
        } finally {
          if (filler.done - before >= PROGRESS) progressed();
        }
      });
    },
    close: () => Promise.resolve(),
  };
  return source;
}

async function askRange(
  session: Session,
  pin: Pin,
  asked: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const Range = `bytes=${asked.start}-${asked.end - 1}`;
  const answer = await ask(session, { Range, ...conditions(pin) }, signal);
  const { response, watch, from } = answer;
  try {
    if (response.status === 206) {
      const range = contentRange(response.headers, session.name);
      checkExact(range, asked, session.name);
      checkSame(pin, pinOf(response.headers, range.total), session.name);
      session.url = from.url;
      return answer;
    }
    // It gave ranges a moment ago: it does so no more because the file is another.
    if (response.status === 200) throw changedProblem(session.name);
    const problem = statusProblem(response, from);
    if (EXPIRED.has(response.status) && session.url.href !== session.named.href) {
      session.url = session.named;
      throw problem instanceof Setback ? problem : new Setback(problem);
    }
    throw problem;
  } catch (error) {
    watch.end();
    throw error;
  }
}

/** Fills arrays one behind the other. */
function fillParts(
  parts: readonly Uint8Array[],
): { readonly done: number; push(bytes: Uint8Array): void } {
  let done = 0;
  let index = 0;
  let within = 0;
  return {
    get done() {
      return done;
    },
    push(bytes) {
      for (let from = 0; from < bytes.length;) {
        const part = parts[index]!;
        const piece = bytes.subarray(from, from + part.length - within);
        part.set(piece, within);
        from += piece.length;
        within += piece.length;
        done += piece.length;
        if (within < part.length) continue;
        index++;
        within = 0;
      }
    },
  };
}
