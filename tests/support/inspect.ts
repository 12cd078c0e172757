/**
 * The document of a file as `inspect --json --sha256` prints it, made without a process of its own.
 *
 * @module
 */

import { errorRecord } from "../../src/cli/errors.ts";
import { inspectDocument } from "../../src/cli/inspect.ts";
import { jsonText } from "../../src/text/json.ts";
import { isStateDictError } from "../../src/errors.ts";
import type { InspectDocument } from "./document.ts";
import { parseExact } from "./json.ts";

/** Inspects a file; a file that can't be read gives a document with the error. */
export async function inspectFile(path: string): Promise<InspectDocument> {
  try {
    return parseExact(jsonText(await inspectDocument(path, { sha256: true }))) as InspectDocument;
  } catch (error) {
    if (!isStateDictError(error)) throw error;
    return { file: path, error: errorRecord(error) };
  }
}
