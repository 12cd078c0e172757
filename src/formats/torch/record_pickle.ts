/**
 * A pickle that is a record of an archive.
 *
 * @module
 */

import { locate } from "../../errors.ts";
import { DEFAULT_PICKLE_LIMITS, packedLimits } from "../../pickle/limits.ts";
import type { MachineOptions } from "../../pickle/machine_types.ts";
import { parsePickle } from "../../pickle/read.ts";
import type { Pickle } from "../../pickle/read.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import { STORED } from "../../zip/layout.ts";
import { readMember } from "../../zip/member.ts";
import type { FormatOptions, PickleReport } from "../format.ts";

/** Reads the pickle of a record that is there, and adds what it says of itself to the report. */
export async function readRecordPickle(
  directory: ZipDirectory,
  member: string,
  options: FormatOptions,
  report: PickleReport,
  more: MachineOptions = {},
): Promise<Pickle> {
  const { signal } = options;
  const entry = directory.find(member)!;
  const limits = entry.method === STORED
    ? options.limits
    : packedLimits(entry.compressedSize, options.limits);
  const bytes = await readMember(directory, entry, {
    limit: limits?.bytes ?? DEFAULT_PICKLE_LIMITS.bytes,
    ...(signal ? { signal } : {}),
  });
  try {
    const pickle = parsePickle(bytes, { ...options, ...more });
    report.add(pickle, member);
    return pickle;
  } catch (error) {
    throw locate(error, undefined, member);
  }
}
