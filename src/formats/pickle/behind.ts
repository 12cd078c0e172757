/**
 * What stands behind the last pickle of a file.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { TAIL_SIZE } from "../../zip/directory.ts";
import { findEndRecord } from "../../zip/end_record.ts";

/**
 * Refuses an archive whose end stands behind a pickle: PyTorch's archives begin with a zip header
 * and a pickle, so either the header was lost, or the file is meant to be read in two ways.
 */
export async function refuseArchive(
  source: ByteSource,
  start: number,
  signal?: AbortSignal,
): Promise<void> {
  const tailStart = Math.max(start, source.size - TAIL_SIZE);
  const tail = await readBytes(source, tailStart, source.size - tailStart, signal);
  if (findEndRecord(tail, tailStart)?.end !== source.size) return;
  throw new StateDictError(
    "corrupt",
    "A zip archive ends behind the pickle that the file begins with",
    {
      offset: start,
      hint: "its first bytes are missing, or it is two files in one; get it again",
    },
  );
}
