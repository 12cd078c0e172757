/**
 * What the operating system or the runtime's sandbox says, as a StateDictError.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";

/** What was being done to the file. */
export type FileAction = "read" | "write";

interface Explanation {
  readonly code: ErrorCode;
  readonly text: string;
  readonly hint?: string;
}

/** By POSIX code (Node, Bun, most of Deno) and by the class name of Deno's errors. */
const EXPLANATIONS: ReadonlyMap<string, Explanation> = new Map<string, Explanation>([
  ["ENOENT", { code: "not-found", text: "There is no such file" }],
  ["NotFound", { code: "not-found", text: "There is no such file" }],
  ["ENOTDIR", { code: "not-found", text: "A part of the path is not a folder" }],
  ["NotADirectory", { code: "not-found", text: "A part of the path is not a folder" }],
  ["EACCES", { code: "io", text: "Permission denied", hint: "check the file's permissions" }],
  ["EPERM", { code: "io", text: "Permission denied", hint: "check the file's permissions" }],
  ["PermissionDenied", {
    code: "io",
    text: "Permission denied",
    hint: "check the file's permissions",
  }],
  ["EISDIR", { code: "io", text: "This is a folder", hint: "name a file in it" }],
  ["IsADirectory", { code: "io", text: "This is a folder", hint: "name a file in it" }],
  ["EEXIST", { code: "exists", text: "The file exists already" }],
  ["AlreadyExists", { code: "exists", text: "The file exists already" }],
  ["ENOSPC", { code: "io", text: "The disk is full", hint: "free some space" }],
  ["EDQUOT", { code: "io", text: "The disk quota is used up", hint: "free some space" }],
  ["EROFS", { code: "io", text: "The file system is read-only", hint: "write somewhere else" }],
  ["EFBIG", { code: "io", text: "The file system takes no file as large as this" }],
  ["EMFILE", {
    code: "io",
    text: "Too many files are open",
    hint: "close some, or raise ulimit -n",
  }],
  ["ELOOP", { code: "io", text: "The symbolic links lead in a circle" }],
  ["ENAMETOOLONG", { code: "io", text: "The name is too long for the file system" }],
]);

/** POSIX codes by their number, where all systems that Deno runs on have the same. */
const NUMBERS: ReadonlyMap<string, string> = new Map([["27", "EFBIG"], ["28", "ENOSPC"]]);

/** What means something else when the file is to be made. */
const WRITING: ReadonlyMap<string, Explanation> = new Map<string, Explanation>([
  ["ENOENT", { code: "not-found", text: "There is no such folder to write in" }],
]);

/** Turns what a file call threw into a StateDictError; one of ours passes as it is. */
export function systemError(error: unknown, path: string, action: FileAction): StateDictError {
  if (isStateDictError(error)) return error;
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  // Deno's sandbox; Node's permission model says ERR_ACCESS_DENIED.
  if (name === "NotCapable") {
    return new StateDictError("io", `Deno doesn't let this program ${action} the file`, {
      path,
      hint: action === "read"
        ? `run with --allow-read=${path}`
        : `run with --allow-read and --allow-write=${folderOf(path)}`,
      cause: error,
    });
  }
  // Deno has no code for some of them.
  const number = /\(os error (\d+)\)$/.exec(message ?? "")?.[1] ?? "";
  const known = (action === "write" ? WRITING.get(code ?? "") : undefined) ??
    EXPLANATIONS.get(code ?? "") ?? EXPLANATIONS.get(NUMBERS.get(number) ?? "") ??
    EXPLANATIONS.get(name ?? "");
  if (known) {
    return new StateDictError(known.code, known.text, { path, hint: known.hint, cause: error });
  }
  return new StateDictError(
    "io",
    `The file can't be ${PAST[action]}: ${message ?? String(error)}`,
    {
      path,
      cause: error,
    },
  );
}

const PAST: Readonly<Record<FileAction, string>> = { read: "read", write: "written" };

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1) || ".";
}
