/**
 * Arrays of Python objects in npy files: the elements are a pickle, read only if the caller allows
 * it, and then by the same machine and rules as every pickle.
 *
 * @module
 */

import { locate } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { DEFAULT_PICKLE_LIMITS, limitError } from "../../pickle/limits.ts";
import { parsePickle } from "../../pickle/read.ts";
import { makeReduce } from "../../pickle/reduce.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PickleReport } from "../format.ts";
import type { FormatOptions, Opened } from "../format.ts";
import { loadReducers } from "../reducers.ts";
import type { NpyHeader } from "./npy_header.ts";

/** Opens an npy file of objects. */
export async function openObjects(
  source: ByteSource,
  { dataStart }: NpyHeader,
  options: FormatOptions,
): Promise<Opened> {
  const limit = options.limits?.bytes ?? DEFAULT_PICKLE_LIMITS.bytes;
  const length = source.size - dataStart;
  if (length > limit) throw limitError(`A pickle of ${length} bytes`, limit, "bytes", dataStart);
  const report = new PickleReport();
  const bytes = await readBytes(source, 0, source.size, options.signal);
  return {
    format: "npy",
    compression: "none",
    value: parseObjects(bytes, dataStart, "", report, options),
    reduce: await objectsReduce(report, options),
    globals: report.globals,
    anomalies: report.anomalies,
    metadata: new Map(),
    warnings: [],
    close: () => source.close(),
  };
}

/** Reads the pickle that begins at `start` of a file or member. */
export function parseObjects(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  member: string,
  report: PickleReport,
  options: FormatOptions,
): PyValue {
  try {
    const pickle = parsePickle(bytes, options, start);
    report.add(pickle, member);
    return pickle.value;
  } catch (error) {
    throw locate(error, undefined, member || undefined);
  }
}

/** What the nodes of such pickles stand for. */
export async function objectsReduce(
  report: PickleReport,
  options: FormatOptions,
): Promise<(value: PyValue) => PyValue> {
  const tables = await loadReducers(report.globals);
  return makeReduce({ calls: options.reducers ? [...tables, options.reducers] : tables });
}
