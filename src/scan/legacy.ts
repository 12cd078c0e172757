/**
 * What follows the first pickle of a file that `torch.save` wrote before 1.6: four more pickles, and
 * the storages one behind the other.
 *
 * @module
 */

import { blamesBytes, StateDictError } from "../errors.ts";
import { parseStorageId } from "../formats/torch/storages.ts";
import type { StorageId } from "../formats/torch/storages.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { PyPersistent } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import type { CallWatch } from "./calls.ts";
import type { Scan } from "./context.ts";
import { reportError, reportRun } from "./pickle_report.ts";
import { runPickle } from "./pickle_run.ts";
import type { PickleRun } from "./pickle_run.ts";
import type { Place } from "./place.ts";

/** The number that the first pickle holds (`torch/serialization.py`). */
const MAGIC = 0x1950a86a20f9469cfc6cn;

/** Bytes before a storage: the count of its elements. */
const COUNT_BYTES = 8;

/** Whether a value is the number that begins a save, literally: a call might give it too. */
export function isLegacyMagic(value: PyValue | undefined): boolean {
  return value === MAGIC;
}

/**
 * Scans the rest of a save whose first pickle ends at `at`; gives where the save ends, or undefined
 * if it breaks, which is told then.
 */
export async function scanLegacySave(
  scan: Scan,
  source: ByteSource,
  at: number,
  outer: Place,
): Promise<number | undefined> {
  const place: Place = { ...outer, persistentIds: "storages" };
  const runs: PickleRun[] = [];
  // The protocol's version, what the system was, the object, the keys of the storages.
  for (let i = 0; i < 4; i++) {
    const run = await runPickle(source, at, scan.budget);
    await reportRun(scan, source, run, place);
    if (run.end === undefined) return undefined;
    runs.push(run);
    at = run.end;
  }
  try {
    return await skipStorages(source, at, runs[2]!.calls, runs[3]!.value!);
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    reportError(scan, error, place);
    return undefined;
  }
}

async function skipStorages(
  source: ByteSource,
  start: number,
  { ids }: CallWatch,
  keys: PyValue,
): Promise<number> {
  if (!Array.isArray(keys)) {
    throw new StateDictError("corrupt", "The keys of the storages are no list", { offset: start });
  }
  const storages = storagesByKey(ids.map(({ id }) => id));
  let at = start;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage) {
      throw new StateDictError("corrupt", "A storage is listed that no tensor has", { offset: at });
    }
    const head = await readBytes(source, at, COUNT_BYTES);
    const count = new DataView(head.buffer, head.byteOffset).getBigInt64(0, true);
    const { numel, nbytes } = storage;
    if (count !== BigInt(numel)) {
      throw new StateDictError(
        "corrupt",
        `A storage of ${numel} elements has ${count} in front of its bytes`,
        { offset: at },
      );
    }
    at += COUNT_BYTES + nbytes;
    if (at > source.size) {
      throw new StateDictError(
        "truncated",
        `A storage of ${nbytes} bytes ends at ${at}, but the file at ${source.size}`,
        { offset: at - nbytes },
      );
    }
  }
  return at;
}

/** What the persistent ids say of each storage: the first one counts, as in PyTorch. */
function storagesByKey(ids: readonly PyValue[]): Map<string, StorageId> {
  const storages = new Map<string, StorageId>();
  for (const id of ids) {
    const storage = parseStorageId(new PyPersistent(id));
    if (storage && !storages.has(storage.key)) storages.set(storage.key, storage);
  }
  return storages;
}
