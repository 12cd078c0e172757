/**
 * Which errors are findings, and which end the scan.
 *
 * @module
 */

import { isStateDictError } from "../errors.ts";
import type { ErrorCode, StateDictError } from "../errors.ts";

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
