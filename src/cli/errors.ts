/**
 * Errors as one line that a person can act on, as a JSON record, and as an exit status.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { showText } from "../text/escape.ts";
import type { Io } from "./io.ts";
import { EXIT } from "./exit.ts";
import { OutputClosed } from "./term.ts";

/** Codes that are about what the user asked for, not about what is in the input. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: EXIT.usage,
  exists: EXIT.usage,
  conflict: EXIT.usage,
  "no-tensor": EXIT.usage,
  "no-value": EXIT.usage,
  aborted: EXIT.interrupted,
};

type Refusal = readonly [code: ErrorCode, message: string, hint?: string];

/** What the system calls its refusals (errno), and what they are for a person. */
const SYSTEM: ReadonlyMap<string, Refusal> = new Map<string, Refusal>([
  ["ENOENT", ["not-found", "There is no such file"]],
  ["ENOTDIR", ["not-found", "A part of the path is not a folder"]],
  ["EACCES", ["io", "The system denies access"]],
  ["EPERM", ["io", "The system denies access"]],
  ["EISDIR", ["io", "It is a folder"]],
  ["EEXIST", ["exists", "It exists already"]],
  ["ENOSPC", ["io", "The disk is full"]],
  ["EDQUOT", ["io", "The disk quota is used up"]],
  ["EROFS", ["io", "The disk can't be written to"]],
  ["EMFILE", ["io", "Too many files are open"]],
  ["ENAMETOOLONG", ["io", "The name is too long for the file system"]],
  ["EIO", ["io", "The disk failed to read or write"]],
  ["EAGAIN", [
    "io",
    "The system won't wait for the reader of the output",
    "pipe it through cat, or write to a file",
  ]],
]);

/** Columns for what may be long; a path that a person typed is hardly longer. */
const LONG = 400;

/** An error as `inspect --json` and its like print it. */
export interface ErrorRecord {
  /** The code of the {@linkcode StateDictError}; `internal` for a fault of ours. */
  readonly code: string;
  /** What is wrong. */
  readonly message: string;
  /** Byte offset in the file or member. */
  readonly offset?: number;
  /** The record inside an archive. */
  readonly member?: string;
}

/** Tells the user of an error and gives the exit status that it calls for. */
export function reportError(error: unknown, io: Io): number {
  if (error instanceof OutputClosed) return EXIT.fine;
  io.stderr(`${errorLine(error)}\n`);
  if (io.debug) io.stderr(stackOf(error));
  return exitStatus(error);
}

/** `statedict: FILE: what is wrong (where) — what to do`. */
export function errorLine(error: unknown): string {
  const known = understand(error);
  if (!known) {
    const what = showText(String(error), { max: LONG });
    return `statedict: Internal error: ${what} — please report it, with what --debug prints`;
  }
  const path = known.path === undefined ? "" : `${show(known.path)}: `;
  const places: string[] = [];
  if (known.member !== undefined) places.push(show(known.member));
  if (known.offset !== undefined) places.push(`byte ${known.offset}`);
  const where = places.length > 0 ? ` (${places.join(", ")})` : "";
  const hint = known.hint ?? permissionHint(known.cause);
  const advice = hint ? ` — ${showText(hint, { max: LONG })}` : "";
  return `statedict: ${path}${showText(known.message, { max: LONG })}${where}${advice}`;
}

/** The error as data. */
export function errorRecord(error: unknown): ErrorRecord {
  const known = understand(error);
  if (!known) return { code: "internal", message: String(error) };
  const { code, message, offset, member } = known;
  return {
    code,
    message,
    ...(offset === undefined ? {} : { offset }),
    ...(member === undefined ? {} : { member }),
  };
}

/** The exit status for an error: 2 for what was asked wrongly, 3 for what can't be read. */
export function exitStatus(error: unknown): number {
  const known = understand(error);
  return known ? STATUS[known.code] ?? EXIT.unreadable : EXIT.unreadable;
}

/** An error of the system or the runtime as one of ours; undefined for a fault in the program. */
function understand(error: unknown): StateDictError | undefined {
  if (isStateDictError(error)) return error;
  if (!(error instanceof Error)) return undefined;
  const hint = permissionHint(error);
  if (hint) return new StateDictError("io", "Deno was not allowed to do that", { hint });
  const system = SYSTEM.get((error as { code?: string }).code ?? "");
  if (system) {
    const [code, message, hint] = system;
    return new StateDictError(code, message, { cause: error, ...(hint ? { hint } : {}) });
  }
  if (error.name === "AbortError") return new StateDictError("aborted", "It was stopped");
  // What V8 and JavaScriptCore say when an array can't be had.
  if (error instanceof RangeError && /allocation failed|out of memory/i.test(error.message)) {
    return new StateDictError("limit", "There is not enough memory", { cause: error });
  }
  return undefined;
}

/** The flag that Deno wants, from its message: `Requires read access to "x", run again with …`. */
function permissionHint(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "NotCapable") return undefined;
  const [, kind, target] = /^Requires (\w+) access(?: to "([^"]*)")?/.exec(error.message) ?? [];
  if (!kind) return `Deno says: ${error.message}`;
  return `add --allow-${kind}${target ? `=${shellWord(target)}` : ""} after "deno run"`;
}

function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function show(text: string): string {
  return showText(text, { max: LONG, cut: "middle" });
}

/** Causes that are followed: a cycle of them must end. */
const MAX_CAUSES = 5;

function stackOf(error: unknown): string {
  let text = "";
  for (let depth = 0; error !== undefined && depth < MAX_CAUSES; depth++) {
    const stack = error instanceof Error ? error.stack ?? String(error) : String(error);
    const lines = stack.split("\n").map((line) => showText(line, { max: LONG }));
    text += `${depth > 0 ? "caused by: " : ""}${lines.join("\n")}\n`;
    error = error instanceof Error ? error.cause : undefined;
  }
  return text;
}
