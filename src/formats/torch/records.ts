/**
 * The records of a torch archive: which folder they are in, and the storages among them.
 *
 * Sources: `torch/serialization.py` and `caffe2/serialize/inline_container.cc` of 2.13.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { ByteOrder } from "../../tensor/dtype.ts";
import { Storage } from "../../tensor/storage.ts";
import type { StorageInit } from "../../tensor/storage.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import type { ZipEntry } from "../../zip/entries.ts";
import { memberRange, memberSource, readMember, verifyMember } from "../../zip/member.ts";
import type { PyPersistent, PyValue } from "../../pickle/values.ts";
import { storageReducer, storageWord } from "./storages.ts";

/** Archive versions that torch itself reads (caffe2/serialize/versions.h). */
const VERSIONS = { lowest: 1, highest: 10 };

/** Bytes of the one-line records: far more than any torch writes. */
const SHORT_RECORD = 1024;

/** The folder of all records: what stands before the first `/` of the first member. */
export function rootFolder(directory: ZipDirectory): string | undefined {
  const name = directory.entries[0]?.name ?? "";
  const slash = name.indexOf("/");
  return slash < 0 ? undefined : name.slice(0, slash);
}

/** Refuses an archive whose members are not all in one folder, as torch does. */
export function checkOneRoot(directory: ZipDirectory, root: string): void {
  const prefix = `${root}/`;
  for (const { name } of directory.entries) {
    if (name.startsWith(prefix)) continue;
    throw new StateDictError("corrupt", `A record lies outside the folder ${root}`, {
      member: name,
      hint: "torch.load refuses such an archive too",
    });
  }
}

/** The text of a short record, or undefined if it isn't there. */
export async function recordText(
  directory: ZipDirectory,
  name: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const entry = directory.find(name);
  if (!entry) return undefined;
  const bytes = await readMember(directory, entry, {
    limit: SHORT_RECORD,
    ...(signal ? { signal } : {}),
  });
  return new TextDecoder().decode(bytes);
}

/** Refuses an archive of a version that torch doesn't read. */
export async function checkVersion(
  directory: ZipDirectory,
  root: string,
  signal?: AbortSignal,
): Promise<void> {
  const member = [`${root}/.data/version`, `${root}/version`].find((name) => directory.find(name));
  if (!member) throw new StateDictError("corrupt", "The archive has no version record");
  const text = (await recordText(directory, member, signal))!.trim();
  const version = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (version >= VERSIONS.lowest && version <= VERSIONS.highest) return;
  throw new StateDictError(
    "unsupported",
    `The archive is of version ${
      JSON.stringify(text.slice(0, 20))
    }; known are ${VERSIONS.lowest} to ${VERSIONS.highest}`,
    { member },
  );
}

/** The byte order of all storages; archives before torch 2.1 don't say and are little-endian. */
export async function byteOrderOf(
  directory: ZipDirectory,
  root: string,
  signal?: AbortSignal,
): Promise<ByteOrder> {
  const member = `${root}/byteorder`;
  const text = await recordText(directory, member, signal);
  if (text === undefined || text === "little") return "little";
  if (text === "big") return "big";
  throw new StateDictError("corrupt", "The byte order is neither little nor big", { member });
}

/** How the storages of one archive are found. */
export interface StorageRules {
  /** The record of a key, such as `archive/data/0`. */
  readonly record: (key: string) => string;
  /** What tells a storage from those of other pickles; the key, if it is left out. */
  readonly id?: (key: string) => string;
  /** Which end of a number comes first. */
  readonly byteOrder: ByteOrder;
}

/** Makes the function from persistent ids to storages, each a record of the archive. */
export function storageFinder(
  directory: ZipDirectory,
  rules: StorageRules,
): (id: PyPersistent) => PyValue | undefined {
  return storageReducer((id) => {
    const member = rules.record(id.key);
    const entry = directory.find(member);
    if (!entry) throw new StateDictError("corrupt", "The archive lacks a storage", { member });
    if (entry.size !== id.nbytes) {
      throw new StateDictError(
        "corrupt",
        `A storage of ${id.nbytes} bytes has a record of ${entry.size}`,
        { member },
      );
    }
    return recordStorage(directory, entry, {
      id: rules.id?.(id.key) ?? id.key,
      byteOrder: rules.byteOrder,
      word: storageWord(id.dtype),
      device: id.location,
    });
  });
}

/** The storage that a record is. */
export function recordStorage(
  directory: ZipDirectory,
  entry: ZipEntry,
  facts: Pick<StorageInit, "id" | "byteOrder" | "word" | "device">,
): Storage {
  return new Storage({
    ...facts,
    nbytes: entry.size,
    record: entry.name.slice(entry.name.indexOf("/") + 1),
    ...(entry.crc === 0 ? {} : { crc: entry.crc }),
    locate: (signal) => locateRecord(directory, entry, signal),
    verify: (bytes, signal) => verifyMember(directory, entry, bytes, signal),
  });
}

async function locateRecord(directory: ZipDirectory, entry: ZipEntry, signal?: AbortSignal) {
  const options = signal ? { signal } : {};
  if (entry.method !== 0) {
    return { source: await memberSource(directory, entry, options), offset: 0 };
  }
  const { offset } = await memberRange(directory, entry, signal);
  return { source: directory.source, offset };
}
