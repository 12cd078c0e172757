/**
 * Where the storages of a legacy file lie: behind its pickles, in the order of the list of keys,
 * each as a count of elements and the elements.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { PyValue } from "../../pickle/values.ts";
import { quoted } from "../../text/quoted.ts";
import { storageKey } from "./storages.ts";
import type { StorageId } from "./storages.ts";

/** Bytes of a count. */
export const COUNT_SIZE: number = 8;

/** Where each storage lies, worked out from the ids alone. */
export interface LegacyLayout {
  /** The first id of each storage, by its key. */
  readonly ids: ReadonlyMap<string, StorageId>;
  /** Offset of each storage's count. */
  readonly starts: ReadonlyMap<string, number>;
  /** Where the last one ends; undefined if that can't be told. */
  readonly end: number | undefined;
  /** Storages that lie in the file as a whole. */
  readonly whole: number;
  /** Why storages that have no place have none. */
  readonly problem: StateDictError | undefined;
}

/** Lays the storages out from `start` on, in a file of `size` bytes. */
export function layOutStorages(
  keys: PyValue,
  ids: ReadonlyMap<string, StorageId>,
  start: number,
  size: number,
): LegacyLayout {
  const starts = new Map<string, number>();
  let at = start;
  let whole = 0;
  const broken = (message: string): LegacyLayout => {
    const problem = new StateDictError("corrupt", message, { offset: start });
    return { ids, starts, end: undefined, whole, problem };
  };
  if (!Array.isArray(keys)) return broken("The keys of the storages are no list");
  for (const item of keys) {
    const key = storageKey(item);
    const id = key === undefined ? undefined : ids.get(key);
    if (key === undefined || !id) {
      const name = key === undefined ? "something that is no key" : `the storage ${quoted(key)}`;
      return broken(`The list of storages has ${name}, which no tensor uses`);
    }
    if (starts.has(key)) return broken(`The list of storages has ${quoted(key)} twice`);
    starts.set(key, at);
    at += COUNT_SIZE + id.nbytes;
    if (!Number.isSafeInteger(at)) return broken("The storages have more than 2^53 bytes");
    if (at <= size) whole++;
  }
  const unlisted = [...ids.keys()].find((key) => !starts.has(key));
  const problem = unlisted === undefined ? undefined : new StateDictError(
    "corrupt",
    `The list of storages lacks ${quoted(unlisted)}`,
    { offset: start },
  );
  return { ids, starts, end: at, whole, problem };
}

/** What a person should know of the storages of a file of `size` bytes. */
export function storageWarnings(layout: LegacyLayout, size: number): string[] {
  const { ids, end, whole, problem } = layout;
  if (problem) return [`${problem.message}: ${whole} of ${ids.size} storages can be read`];
  if (end! > size) return [`The file is cut short: ${whole} of ${ids.size} storages are whole`];
  return end === size ? [] : [
    `${size - end!} bytes stand behind the last storage; torch.load doesn't look at them`,
  ];
}
