/**
 * One request: its headers, the redirects that it is led through, and the bytes that come.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import { checkAborted } from "../source.ts";
import { checkRedirect } from "./address.ts";
import type { HttpOptions } from "./options.ts";
import { connectionProblem, cutOffProblem, silenceProblem } from "./problems.ts";
import type { Asked } from "./problems.ts";
import { startWatch } from "./watch.ts";
import type { Watch } from "./watch.ts";

/** Redirects followed: hubs need one or two. */
const MAX_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Milliseconds without a byte. */
const TIMEOUT = 30_000;

/** A remote file that is being read. */
export interface Session extends Asked {
  /** The address that the caller named. */
  readonly named: URL;
  /** Where the next request goes: the named address, or the one that redirects led to. */
  url: URL;
  readonly hosts: Set<string>;
  readonly options: HttpOptions;
}

/** An answer whose bytes have not been taken yet. */
export interface Answer {
  readonly response: Response;
  readonly watch: Watch;
  /** Who gave it: the session, with the address that redirects led to. */
  readonly from: Session;
}

/**
 * Asks for a range. Redirects are followed one by one, each address checked; what the caller gave
 * for his own server goes nowhere else.
 *
 * The caller ends `watch` when he is done with the answer.
 */
export async function ask(
  session: Session,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const watch = startWatch(session.options.timeout ?? TIMEOUT, signal);
  const from = { ...session };
  try {
    const response = await follow(from, headers, watch);
    watch.touch();
    checkPlain(response, from);
    return { response, watch, from };
  } catch (error) {
    const problem = explain(error, from, watch, signal);
    watch.end();
    throw problem;
  }
}

/** Leads `from.url` to where the answer comes from. */
async function follow(
  from: Session,
  headers: Readonly<Record<string, string>>,
  watch: Watch,
): Promise<Response> {
  for (let hops = 0;; hops++) {
    const response = await send(from, headers, watch.signal, "manual");
    if (response.type === "opaqueredirect") return await followInBrowser(from, headers, watch);
    if (!REDIRECTS.has(response.status)) return response;
    response.body?.cancel().catch(() => {});
    if (hops === MAX_REDIRECTS) {
      throw new StateDictError("refused", `The server sends on more than ${MAX_REDIRECTS} times`, {
        path: from.name,
      });
    }
    const next = redirectTarget(response, from);
    checkRedirect(from, next);
    from.url = next;
    watch.touch();
  }
}

function redirectTarget({ headers }: Response, { url, name }: Session): URL {
  const location = headers.get("location") ?? "";
  if (location !== "" && URL.canParse(location, url.href)) return new URL(location, url);
  throw new StateDictError("network", "The server sends on without saying where to", {
    path: name,
  });
}

/** Browsers show no redirect: they follow it, by rules of theirs, and say where it led. */
async function followInBrowser(
  from: Session,
  headers: Readonly<Record<string, string>>,
  watch: Watch,
): Promise<Response> {
  const response = await send(from, headers, watch.signal, "follow");
  const end = new URL(response.url);
  checkRedirect(from, end);
  from.url = end;
  return response;
}

async function send(
  { url, named, options, hosts }: Session,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  redirect: "manual" | "follow",
): Promise<Response> {
  hosts.add(url.host);
  return await fetch(url, {
    redirect,
    signal,
    headers: {
      ...(url.origin === named.origin ? options.headers : {}),
      ...headers,
      // A range of compressed bytes would be of no use.
      "Accept-Encoding": "identity",
    },
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
}

function checkPlain({ headers }: Response, session: Session): void {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() === "identity") return;
  throw new StateDictError(
    "network",
    `The server compresses (${encoding}) what must come as it is`,
    {
      path: session.name,
      hint: "the server is broken; download the file by other means",
    },
  );
}

/**
 * The bytes of an answer, which should be `of` in all, where that is known: more is an error, fewer
 * a setback.
 */
export async function* pieces(
  { response, watch, from }: Answer,
  of: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = response.body?.getReader();
  let done = 0;
  try {
    for (;;) {
      const next = await reader?.read();
      if (!next || next.done) break;
      watch.touch();
      done += next.value.length;
      if (of !== undefined && done > of) {
        throw new StateDictError(
          "network",
          `The server sends more than the ${of} bytes it announced`,
          {
            path: from.name,
          },
        );
      }
      yield next.value;
    }
  } catch (error) {
    checkAborted(signal);
    if (isStateDictError(error)) throw error;
    if (watch.expired) throw silenceProblem(from.options.timeout ?? TIMEOUT, from);
    throw cutOffProblem(done, of, from, error);
  } finally {
    watch.end();
  }
  if (of !== undefined && done < of) throw cutOffProblem(done, of, from);
}

function explain(
  error: unknown,
  from: Session,
  watch: Watch,
  signal: AbortSignal | undefined,
): unknown {
  if (isStateDictError(error)) return error;
  if (signal?.aborted) {
    return new StateDictError("aborted", "The caller stopped it", { cause: signal.reason });
  }
  if (watch.expired) return silenceProblem(from.options.timeout ?? TIMEOUT, from);
  return connectionProblem(error, from);
}
