/**
 * All the archives that readers would see in one file.
 *
 * @module
 */

import { blamesBytes } from "../errors.ts";
import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { readZipDirectory, TAIL_SIZE } from "./directory.ts";
import type { ZipDirectory } from "./directory.ts";
import { findEndRecord } from "./end_record.ts";
import { END_SIZE } from "./layout.ts";

/**
 * Reads the directory as torch finds it, as Python does, and as those do who take the first of two
 * end records; each that is another is given once. For a scan, which must see what any of them
 * sees. Fails only if there is none.
 */
export async function zipReadings(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<ZipDirectory[]> {
  const readings: ZipDirectory[] = [];
  let failure: unknown;
  const attempt = async (of: ByteSource, prefer: "stated" | "adjacent") => {
    try {
      const found = await readZipDirectory(of, { strict: false, prefer, signal });
      if (readings.every((other) => other.start !== found.start)) readings.push(found);
    } catch (error) {
      // A disk that fails hides what the others would see.
      if (!blamesBytes(error)) throw error;
      failure ??= error;
    }
  };
  await attempt(source, "stated");
  await attempt(source, "adjacent");
  const outer = await outerEnd(source, signal);
  if (outer >= 0) {
    const shorter = sliceSource(source, 0, outer + END_SIZE);
    await attempt(shorter, "stated");
    await attempt(shorter, "adjacent");
  }
  if (readings.length === 0) throw failure;
  return readings;
}

async function outerEnd(source: ByteSource, signal: AbortSignal | undefined): Promise<number> {
  const start = Math.max(0, source.size - TAIL_SIZE);
  const tail = await readBytes(source, start, source.size - start, signal);
  return findEndRecord(tail, start)?.outer ?? -1;
}
