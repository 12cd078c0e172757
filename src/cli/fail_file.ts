/**
 * One of several files can't be read: the others are still answered.
 *
 * @module
 */

import { jsonText } from "../text/json.ts";
import { errorRecord, exitStatus, reportError } from "./errors.ts";
import type { Io } from "./io.ts";

/** Tells of the error, in place of the file's document with `json`, and gives its exit status. */
export function failFile(file: string, error: unknown, json: boolean, io: Io): number {
  if (!json) return reportError(error, io);
  io.stdout(`${jsonText({ file, error: { ...errorRecord(error) } })}\n`);
  return exitStatus(error);
}
