/**
 * A file's scan as a JSON document.
 *
 * @module
 */

import type { FolderResult } from "../scan/folder.ts";
import type { JsonValue } from "../text/json.ts";

/** The document of one file: its report, why it was skipped, or why it can't be read. */
export async function scanDocument(result: FolderResult): Promise<JsonValue> {
  const { file } = result;
  if ("error" in result) {
    const { errorRecord } = await import("./errors.ts");
    return { file, error: { ...errorRecord(result.error) } };
  }
  if ("skipped" in result) return { file, skipped: result.skipped };
  const { verdict, findings, globals, kinds } = result;
  return {
    file,
    verdict,
    findings: findings.map(({ global, verdict, where, offset, why, rule }) => (
      { global, verdict, where, offset, why, rule }
    )),
    globals: [...new Set(globals.map(({ name }) => name))],
    imports: globals.map((global) => ({ ...global })),
    kinds,
  };
}
