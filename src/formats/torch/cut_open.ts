/**
 * Opens what is left of an archive that ends too early. Storages that aren't whole are there, but
 * reading them is an error.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { loadCrc32 } from "../../io/crc32.ts";
import { readBytes, sliceSource } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { sourceChunks } from "../../io/source_chunks.ts";
import { Storage } from "../../tensor/storage.ts";
import { PickleReport } from "../format.ts";
import type { FormatOptions, Opened } from "../format.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { checksumOf } from "./cut_records.ts";
import type { CutRecord } from "./cut_records.ts";
import { readCutShort } from "./cut_short.ts";
import type { CutArchive } from "./cut_short.ts";
import { torchReduce } from "./reduce.ts";
import { storageReducer, storageWord } from "./storages.ts";

/** What is left of the archive; undefined if nothing is, or it is none of PyTorch's. */
export async function openCutShort(
  source: ByteSource,
  options: FormatOptions,
): Promise<Opened | undefined> {
  const cut = await readCutShort(source, options);
  if (cut === undefined || cut instanceof StateDictError) return undefined;
  const report = new PickleReport();
  report.add(cut.pickle, cut.member);
  return {
    format: "torch-zip",
    compression: "none",
    value: cut.pickle.value,
    reduce: await torchReduce(report.globals, {
      persistent: await cutStorages(source, cut, options.signal),
      more: options.reducers ? [options.reducers] : [],
    }),
    globals: report.globals,
    anomalies: report.anomalies,
    allows: isAllowedInTorch,
    metadata: new Map(),
    warnings: [],
    damage: cut.error,
    close: () => source.close(),
  };
}

async function cutStorages(source: ByteSource, cut: CutArchive, signal?: AbortSignal) {
  const byteOrder = await isBigEndian(source, cut, signal) ? "big" : "little";
  const checksums = new Map<string, number>();
  for (const [key, record] of cut.whole) {
    checksums.set(key, await checksumOf(source, record, cut.sizes.get(key)!, signal));
  }
  return storageReducer((id) => {
    const record = cut.whole.get(id.key);
    const crc = checksums.get(id.key) ?? 0;
    return new Storage({
      id: id.key,
      nbytes: id.nbytes,
      byteOrder,
      word: storageWord(id.dtype),
      device: id.location,
      record: `data/${id.key}`,
      ...(record ? { source, offset: record.data } : { locate: () => missing(source, id.key) }),
      ...(record && crc !== 0
        ? { crc, verify: (_, signal) => compare(source, record, id.nbytes, crc, signal) }
        : {}),
    });
  });
}

/** Archives since torch 2.1 say so, right behind the pickle; older ones are little-endian. */
async function isBigEndian(source: ByteSource, { others }: CutArchive, signal?: AbortSignal) {
  const record = others.get("byteorder");
  if (!record) return false;
  const bytes = await readBytes(
    source,
    record.data,
    Math.min(3, source.size - record.data),
    signal,
  );
  return new TextDecoder().decode(bytes) === "big";
}

function missing(source: ByteSource, key: string): Promise<never> {
  return Promise.reject(
    new StateDictError("truncated", `Storage ${key} is cut off: the file ends at ${source.size}`, {
      path: source.name,
    }),
  );
}

async function compare(
  source: ByteSource,
  { name, data }: CutRecord,
  size: number,
  wanted: number,
  signal?: AbortSignal,
): Promise<void> {
  const crc32 = await loadCrc32(size);
  let crc = 0;
  for await (const block of sourceChunks(sliceSource(source, data, size), signal)) {
    crc = crc32(block, crc);
  }
  if (crc === wanted) return;
  throw new StateDictError("corrupt", "Its bytes don't match their CRC-32", {
    path: source.name,
    member: name,
    offset: data,
  });
}
