/**
 * The storages of a legacy file, and storages that are windows of others.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyTuple } from "../../pickle/values.ts";
import type { PyPersistent, PyValue } from "../../pickle/values.ts";
import { Storage } from "../../tensor/storage.ts";
import type { StoragePlace } from "../../tensor/storage.ts";
import { quoted } from "../../text/quoted.ts";
import { COUNT_SIZE } from "./legacy_layout.ts";
import type { LegacyLayout } from "./legacy_layout.ts";
import {
  storageItemsize,
  storageKey,
  storageReducer,
  storageWord,
  TorchStorage,
} from "./storages.ts";
import type { StorageId } from "./storages.ts";

/** Makes the function from persistent ids to the storages of a file. */
export function legacyStorages(
  source: ByteSource,
  layout: LegacyLayout,
): (persistent: PyPersistent) => PyValue | undefined {
  const root = storageReducer((id) =>
    new Storage({
      id: id.key,
      nbytes: id.nbytes,
      // Whatever machine wrote the file: torch turns the bytes when it writes.
      byteOrder: "little",
      word: storageWord(id.dtype),
      device: id.location,
      locate: (signal) => locateData(source, layout, id, signal),
    })
  );
  const windows = new Map<string, TorchStorage>();
  return (persistent) => {
    const whole = root(persistent);
    const view = (persistent.id as PyTuple).items?.[5] ?? null;
    if (!whole || view === null) return whole;
    const { key, offset, numel } = windowOf(view, whole);
    if (layout.ids.has(key)) throw bad("bears the key of a whole one");
    const known = windows.get(key);
    if (known) return known;
    const made = makeWindow(whole, key, offset, numel);
    windows.set(key, made);
    return made;
  };
}

function bad(what: string): StateDictError {
  return new StateDictError("corrupt", `A storage that is a window of another ${what}`);
}

/** Checks the count that stands before a storage's data against the number that its id says. */
async function locateData(
  source: ByteSource,
  { ids, starts, whole, problem }: LegacyLayout,
  { key, numel, nbytes }: StorageId,
  signal?: AbortSignal,
): Promise<StoragePlace> {
  const start = starts.get(key);
  if (start === undefined) throw problem!;
  const offset = start + COUNT_SIZE;
  if (offset + nbytes > source.size) {
    throw new StateDictError(
      "truncated",
      `Storage ${quoted(key)} ends at ${offset + nbytes}, but the file at ${source.size}`,
      {
        offset: start,
        path: source.name,
        hint: `the file is cut short, ${whole} of ${ids.size} storages are whole; get it again`,
      },
    );
  }
  const bytes = await readBytes(source, start, COUNT_SIZE, signal);
  const count = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
  if (count !== BigInt(numel)) {
    throw new StateDictError(
      "corrupt",
      `Storage ${quoted(key)} has ${count} elements, but ${numel} by its id`,
      { offset: start, path: source.name },
    );
  }
  return { source, offset };
}

/** Reads `(key, offset, numel)`, counted in elements of the whole storage. */
function windowOf(
  view: PyValue,
  whole: TorchStorage,
): { key: string; offset: number; numel: number } {
  const [given, offset, numel] = view instanceof PyTuple ? view.items : [];
  const key = storageKey(given);
  if (key === undefined || typeof offset !== "number" || typeof numel !== "number") {
    throw bad("has no key, offset and count");
  }
  if (!(offset >= 0 && numel >= 0 && offset + numel <= whole.numel)) {
    throw bad(`has elements ${offset} to ${offset + numel} of ${whole.numel}`);
  }
  return { key, offset, numel };
}

/** The window has an identity of its own, as in PyTorch, though it lies in another's bytes. */
function makeWindow(
  { storage, dtype, location }: TorchStorage,
  key: string,
  offset: number,
  numel: number,
): TorchStorage {
  const itemsize = storageItemsize(dtype);
  const window = new Storage({
    id: key,
    nbytes: numel * itemsize,
    byteOrder: storage.byteOrder,
    word: storage.word,
    device: location,
    async locate(signal) {
      const place = await storage.locate!(signal);
      return { source: place.source, offset: place.offset + offset * itemsize };
    },
  });
  return new TorchStorage(window, dtype, location, numel);
}
