/**
 * `.npz`: a zip archive of arrays in npy form.
 *
 * @module
 */

import { locate, StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyBytes } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { Storage } from "../../tensor/storage.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import type { ZipEntry } from "../../zip/entries.ts";
import { DEFLATED } from "../../zip/layout.ts";
import { readMember } from "../../zip/member.ts";
import { PickleReport } from "../format.ts";
import type { Format, FormatOptions } from "../format.ts";
import { isNpy } from "../sniff.ts";
import { npyArray, objectsError } from "./npy.ts";
import { readNpyHeader } from "./npy_header.ts";
import type { NpyHeader } from "./npy_header.ts";
import { memberStart, memberStorage } from "./npz_member.ts";

/** A member that is no array is held in memory up to this; `numpy.load` gives its bytes as well. */
const MAX_RAW = 2 ** 24;

/** What is gathered of an archive. */
interface Gathered {
  readonly directory: ZipDirectory;
  readonly options: FormatOptions;
  readonly values: Map<string, PyValue>;
  readonly report: PickleReport;
  readonly warnings: string[];
  /** Arrays of objects that were not read. */
  refused: number;
}

/** An archive with `NAME.npy` members, or an empty one, as `numpy.savez` of nothing writes. */
export const NPZ: Format = {
  async sniff(probe) {
    const { entries } = await probe.zip();
    return entries.length === 0 || entries.some(({ name }) => name.endsWith(".npy"));
  },

  async open(probe, options) {
    const directory = await probe.zip();
    const gathered: Gathered = {
      directory,
      options,
      values: new Map(),
      report: new PickleReport(),
      warnings: [],
      refused: 0,
    };
    for (const entry of directory.entries) {
      try {
        await addMember(gathered, entry);
      } catch (error) {
        throw locate(error, probe.source.name, entry.name);
      }
    }
    const { values, report, warnings, refused } = gathered;
    if (refused > 0 && refused === values.size) throw objectsError();
    const objects = report.globals.length > 0 ? await import("./npy_objects.ts") : undefined;
    return {
      format: "npz",
      compression: directory.entries.some(({ method }) => method === DEFLATED) ? "deflate" : "none",
      listing: true,
      value: new PyDict([...values].flat()),
      reduce: await objects?.objectsReduce(report, options) ?? ((value) => value),
      globals: report.globals,
      anomalies: report.anomalies,
      metadata: new Map(),
      warnings,
      close: () => probe.source.close(),
    };
  },
};

async function addMember(gathered: Gathered, entry: ZipEntry): Promise<void> {
  const { directory, options: { signal }, values, warnings } = gathered;
  const { name } = entry;
  if (name.endsWith("/") && entry.size === 0) return; // a folder
  const key = name.endsWith(".npy") ? name.slice(0, -4) : name;
  if (values.has(key)) {
    throw new StateDictError("refused", `Two members hold the array ${JSON.stringify(key)}`, {
      hint: "programs disagree about which of them it is",
    });
  }
  const first = await memberStart(directory, entry, signal);
  if (!isNpy(await first(6))) {
    if (entry.size <= MAX_RAW) {
      const bytes = await readMember(directory, entry, signal ? { signal } : {});
      values.set(key, new PyBytes("bytes", bytes));
    } else {warnings.push(
        `${JSON.stringify(name)}, ${entry.size} bytes that are no array, is left out`,
      );}
    return;
  }
  const header = await readNpyHeader(entry.size, first);
  if (header.stored.dtype.objects) {
    values.set(key, await objectMember(gathered, entry, header));
    return;
  }
  const place = memberStorage(directory, entry, header, await first(header.dataStart));
  values.set(key, npyArray(header, String(values.size), place));
}

/** An array of objects: what its pickle holds if that is allowed, else one that can't be read. */
async function objectMember(
  gathered: Gathered,
  entry: ZipEntry,
  header: NpyHeader,
): Promise<PyValue> {
  const { directory, options, report, values } = gathered;
  if (options.objects) {
    const { parseObjects } = await import("./npy_objects.ts");
    const bytes = await readMember(
      directory,
      entry,
      options.signal ? { signal: options.signal } : {},
    );
    return parseObjects(bytes, header.dataStart, entry.name, report, options);
  }
  gathered.refused++;
  const refuse = () => Promise.reject(locate(objectsError(), directory.source.name, entry.name));
  const storage = new Storage({
    id: String(values.size),
    nbytes: entry.size - header.dataStart,
    record: entry.name,
    locate: refuse,
    verify: refuse,
  });
  return new Tensor({ dtype: header.stored.dtype, shape: header.shape, storage });
}
