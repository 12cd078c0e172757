/**
 * Everything that goes wrong is one class with a code, so that a program can branch on the code and
 * a person can read the line.
 *
 * @module
 */

/**
 * What kind of thing went wrong.
 *
 * - `not-found`, `io`: the input can't be reached or the system failed to read or write it.
 * - `network`: a server can't be reached, doesn't keep to what it says, or has another file by now.
 * - `unrecognized`: no format claims these bytes; the message names what they look like.
 * - `truncated`: the bytes end before the structure does.
 * - `corrupt`: the bytes contradict the format.
 * - `refused`: readable, but the file names something outside the allowlist, or two readers would
 *   see different things in it.
 * - `limit`: a stated limit was met; the hint says how to raise it.
 * - `unsupported`: well formed, but outside what statedict does.
 * - `no-tensor`, `no-value`: a name that isn't in the file.
 * - `not-loaded`: the bytes of a lazy tensor were asked for before `load()`.
 * - `exists`, `conflict`: an output is in the way, or two outputs would bear one name.
 * - `usage`: the caller's arguments don't fit.
 * - `aborted`: the caller's `AbortSignal` fired.
 */
export type ErrorCode =
  | "not-found"
  | "io"
  | "network"
  | "unrecognized"
  | "truncated"
  | "corrupt"
  | "refused"
  | "limit"
  | "unsupported"
  | "no-tensor"
  | "no-value"
  | "not-loaded"
  | "exists"
  | "conflict"
  | "usage"
  | "aborted";

/** A name that a file refers to, as an error or a report gives it. */
export interface GlobalReference {
  /** `module.qualname` as the file spells it; `?` for a part that only running code could tell. */
  readonly name: string;
  /** Byte offset of the opcode that names it, in its pickle. */
  readonly offset: number;
}

/** Where and how an error happened; every field is optional. */
export interface ErrorDetails {
  /** Byte offset in the file or member. */
  readonly offset?: number;
  /** The file, as the caller named it. */
  readonly path?: string;
  /** The record inside an archive. */
  readonly member?: string;
  /** What to do about it, one clause. */
  readonly hint?: string;
  /** The names a strict load refused. */
  readonly globals?: readonly GlobalReference[];
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * The one error class of statedict.
 *
 * @example
 * ```ts
 * import { isStateDictError, loads } from "@statedict/statedict";
 *
 * try {
 *   loads(new Uint8Array([0x80, 4]));
 * } catch (error) {
 *   if (isStateDictError(error)) console.log(error.code, error.offset); // "truncated" 2
 * }
 * ```
 */
export class StateDictError extends Error {
  /** What kind of thing went wrong. */
  readonly code: ErrorCode;
  /** Byte offset in the file or member, where it is known. */
  readonly offset: number | undefined;
  /** The file, as the caller named it. */
  path: string | undefined;
  /** The record inside an archive. */
  member: string | undefined;
  /** What to do about it, one clause. */
  readonly hint: string | undefined;
  /** The names a strict load refused. */
  readonly globals: readonly GlobalReference[];

  /** Makes an error with its code, a message without a full stop, and where it happened. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "StateDictError";
    this.code = code;
    this.offset = details.offset;
    this.path = details.path;
    this.member = details.member;
    this.hint = details.hint;
    this.globals = details.globals ?? [];
  }
}

/** Whether `error` is a {@linkcode StateDictError}, also one of another copy of the package. */
export function isStateDictError(error: unknown): error is StateDictError {
  return error instanceof Error && error.name === "StateDictError" && "code" in error;
}

/** Names the file and the member in a passing error, unless they are named already. */
export function locate(error: unknown, path: string | undefined, member?: string): unknown {
  if (isStateDictError(error)) {
    error.path ??= path;
    error.member ??= member;
  }
  return error;
}

/** Codes of errors that the bytes are to blame for; a disk that fails is another matter. */
const BLAME: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "truncated",
  "corrupt",
  "refused",
  "limit",
  "unsupported",
  "unrecognized",
]);

/** Whether an error says something of the bytes, and so belongs into the report. */
export function blamesBytes(error: unknown): error is StateDictError {
  return isStateDictError(error) && BLAME.has(error.code);
}
