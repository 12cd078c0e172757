/**
 * The document of a file as `inspect --json --sha256` prints it, made without a process of its own.
 *
 * @module
 */

import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { describeCheckpoint } from "../../src/cli/document.ts";
import { errorRecord } from "../../src/cli/errors.ts";
import { jsonText } from "../../src/text/json.ts";
import { isStateDictError } from "../../src/errors.ts";
import type { InspectDocument } from "./document.ts";
import { parseExact } from "./json.ts";

/** Inspects a file; a file that can't be read gives a document with the error. */
export async function inspectFile(path: string): Promise<InspectDocument> {
  try {
    await using checkpoint = await openCheckpoint(path, { inert: true });
    const document = await describeCheckpoint(path, checkpoint, { sha256: true });
    return parseExact(jsonText(document)) as InspectDocument;
  } catch (error) {
    if (!isStateDictError(error)) throw error;
    return { file: path, error: errorRecord(error) };
  }
}
