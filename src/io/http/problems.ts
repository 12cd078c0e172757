/**
 * What goes wrong with a request, as an error that says what to do, and whether trying again may
 * help.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { LONGEST_WAIT, retryAfter, Setback } from "./retry.ts";

/** Statuses of servers that are busy or have a fault of the moment. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Where the request went, for the words of an error. */
export interface Asked {
  /** How errors name the file. */
  readonly name: string;
  /** The address that was asked last. */
  readonly url: URL;
  /** All hosts that were asked, the named one first. */
  readonly hosts: ReadonlySet<string>;
  /** What to do where access is denied. */
  readonly login?: string | undefined;
}

/** The error that a status means; a {@linkcode Setback} if it may pass. */
export function statusProblem(
  { status, headers }: Response,
  asked: Asked,
): StateDictError | Setback {
  const { name: path, url, login } = asked;
  if (status === 401 || status === 403) {
    return new StateDictError(
      "network",
      `The server ${url.host} denies access (status ${status})`,
      {
        path,
        hint: login ?? "it may want a login, or the address has expired",
      },
    );
  }
  if (status === 404 || status === 410) {
    return new StateDictError(
      "not-found",
      `There is no such file on ${url.host} (status ${status})`,
      { path, hint: login },
    );
  }
  if (status === 412 || status === 416) return changedProblem(path);
  const problem = new StateDictError(
    "network",
    `The server ${url.host} answers with status ${status}`,
    {
      path,
    },
  );
  if (!PASSING.has(status)) return problem;
  const wait = retryAfter(headers.get("retry-after"));
  if (wait !== undefined && wait > LONGEST_WAIT) {
    return new StateDictError(
      "network",
      `The server ${url.host} is busy (status ${status}) and asks to come back later`,
      { path, hint: `try again in ${Math.ceil(wait / 1000)} seconds` },
    );
  }
  return new Setback(problem, wait);
}

/** The file isn't what it was when it was opened. */
export function changedProblem(path: string): StateDictError {
  return new StateDictError("network", "The file has changed on the server while it was read", {
    path,
    hint: "open it again",
  });
}

/** Failures of connections by what the runtimes say: a word for people, and whether they may pass. */
const FAILURES: readonly (readonly [RegExp, string, boolean])[] = [
  [/ENOTFOUND|dns error|failed to lookup/i, "can't be found", false],
  [/ECONNREFUSED|ConnectionRefused|connection refused/i, "refuses the connection", false],
  [
    /certificate|CERT_|SELF_SIGNED|UNABLE_TO_VERIFY/i,
    "has a certificate that isn't trusted",
    false,
  ],
];

/** The error that a failed connection means; a {@linkcode Setback} if it may pass. */
export function connectionProblem(cause: unknown, asked: Asked): StateDictError | Setback {
  const { name: path, url, hosts } = asked;
  const { name, message, code, cause: below } = cause as {
    name?: string;
    message?: string;
    code?: string;
    cause?: { code?: string; message?: string };
  };
  if (name === "NotCapable") {
    return new StateDictError("network", `Deno doesn't let this program ask ${url.host}`, {
      path,
      hint: `run with --allow-net=${[...hosts].join(",")}`,
      cause,
    });
  }
  const text = [code, message, below?.code, below?.message].join(" ");
  const known = FAILURES.find(([pattern]) => pattern.test(text));
  const problem = new StateDictError(
    "network",
    `The host ${url.host} ${known?.[1] ?? "can't be asked"}`,
    {
      path,
      hint: inBrowser() ? "the server must allow this page to read it (CORS)" : undefined,
      cause,
    },
  );
  return known?.[2] === false ? problem : new Setback(problem);
}

function inBrowser(): boolean {
  return !("Deno" in globalThis) && !("process" in globalThis);
}

/** The server said nothing for too long. */
export function silenceProblem(timeout: number, { name, url }: Asked): Setback {
  return new Setback(
    new StateDictError(
      "network",
      `The server ${url.host} sent nothing for ${timeout / 1000} seconds`,
      {
        path: name,
        hint: "try again later",
      },
    ),
  );
}

/** The answer ended before its last byte. */
export function cutOffProblem(
  done: number,
  of: number | undefined,
  { name }: Asked,
  cause?: unknown,
): Setback {
  const all = of === undefined ? "" : ` of ${of}`;
  return new Setback(
    new StateDictError("network", `The server's answer was cut off: ${done}${all} bytes came`, {
      path: name,
      hint: "try again later",
      cause,
    }),
  );
}
