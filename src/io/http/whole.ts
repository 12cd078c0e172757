/**
 * The whole of a remote file in memory, where a server knows no ranges.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { ByteSource } from "../source.ts";
import { spool, SPOOL_LIMIT } from "../spool.ts";
import { ENDS } from "./ends.ts";
import { statusProblem } from "./problems.ts";
import { ask, pieces } from "./request.ts";
import type { Answer, Session } from "./request.ts";
import { retryOptions, withRetries } from "./retry.ts";

/** Bytes that are downloaded without a word: as many as would have been read of any file. */
const WORTHLESS = ENDS.head + ENDS.tail;

/** Takes the file from the answer; if that is cut off, from another, and from the start. */
export async function downloadWhole(session: Session, first: Answer): Promise<ByteSource> {
  const { name, options } = session;
  const { maxDownload: limit = SPOOL_LIMIT, signal, warn } = options;
  let answer: Answer | undefined = first;
  const announced = statedLength(first.response);
  if (announced === undefined || announced > WORTHLESS) {
    const size = announced === undefined ? "" : `, ${announced} bytes,`;
    warn?.(
      `The server ${first.from.url.host} knows no ranges: the whole file${size} is downloaded`,
    );
  }
  return await withRetries(retryOptions(options, signal), async () => {
    const taken = answer ?? await askAgain(session, signal);
    answer = undefined;
    const length = statedLength(taken.response);
    if (length !== undefined && length > limit) {
      taken.watch.end();
      throw tooLong(length, limit, name);
    }
    return await spool(pieces(taken, length, signal), name, {
      limit,
      ...(signal ? { signal } : {}),
    });
  });
}

async function askAgain(session: Session, signal: AbortSignal | undefined): Promise<Answer> {
  const answer = await ask(session, {}, signal);
  if (answer.response.status === 200) return answer;
  answer.watch.end();
  throw statusProblem(answer.response, answer.from);
}

/** What the server announces; what comes is counted all the same. */
function statedLength({ headers }: Response): number | undefined {
  const text = headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function tooLong(length: number, limit: number, path: string): StateDictError {
  return new StateDictError(
    "limit",
    `The server knows no ranges, and the file has ${length} bytes, more than the ${limit} that are ` +
      "taken into memory",
    { path, hint: "download it and open the file" },
  );
}
