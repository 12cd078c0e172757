/**
 * Persistent ids of torch pickles: each names a storage.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { decodeLatin1 } from "../../pickle/text.ts";
import { PyBytes, PyForeign, PyGlobal, PyTuple } from "../../pickle/values.ts";
import type { PyPersistent, PyValue } from "../../pickle/values.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { Storage } from "../../tensor/storage.ts";
import { storageDtype } from "./names.ts";

/** A storage of a torch file, with the dtype of the class that names it. */
export class TorchStorage extends PyForeign {
  /** The bytes. */
  readonly storage: Storage;
  /** A dtype's name; `untyped` for raw bytes. */
  readonly dtype: string;
  /** The device it was saved from, such as `cuda:0`. */
  readonly location: string;
  /** Elements of that dtype. */
  readonly numel: number;
  /** Describes a storage. */
  constructor(storage: Storage, dtype: string, location: string, numel: number) {
    super();
    this.storage = storage;
    this.dtype = dtype;
    this.location = location;
    this.numel = numel;
  }
}

/** What a persistent id of a storage says. */
export interface StorageId {
  /** Its name in the archive. */
  readonly key: string;
  /** A dtype's name; `untyped` for raw bytes. */
  readonly dtype: string;
  /** The device it was saved from. */
  readonly location: string;
  /** Elements of that dtype. */
  readonly numel: number;
  /** Bytes. */
  readonly nbytes: number;
  /** Legacy files only: the storage is a window of another, `(key, offset, numel)`. */
  readonly view: PyValue;
}

/** Keys become part of a record's name, so they are held to what torch itself writes. */
const STORAGE_KEY = /^[A-Za-z0-9_-]{1,255}$/;

function bad(what: string): StateDictError {
  return new StateDictError("corrupt", `A persistent id ${what}`);
}

/** A text, also where it was read as the bytes that Python 2 had for one. */
export function idText(value: PyValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof PyBytes && value.data ? decodeLatin1(value.data) : undefined;
}

/** A storage's key: PyTorch writes text, torch.package counts with ints. */
export function storageKey(value: PyValue | undefined): string | undefined {
  const key = typeof value === "number" ? String(value) : idText(value);
  return key !== undefined && STORAGE_KEY.test(key) ? key : undefined;
}

/** Reads the id `("storage", class, key, location, numel[, view])`; undefined for another kind. */
export function parseStorageId({ id }: PyPersistent): StorageId | undefined {
  if (!(id instanceof PyTuple) || idText(id.items[0]) !== "storage") return undefined;
  const [, cls, given, location, numel, view = null] = id.items;
  if (id.items.length < 5) throw bad(`has ${id.items.length} parts; a storage's has 5`);
  const dtype = cls instanceof PyGlobal ? storageDtype(cls.fullName) : undefined;
  if (dtype === undefined) throw bad("names no storage class");
  const key = storageKey(given);
  if (key === undefined) throw bad("has no proper storage key");
  if (typeof numel !== "number" || !Number.isInteger(numel) || numel < 0) {
    throw bad("has no proper element count");
  }
  const device = idText(location);
  if (device === undefined) throw bad("names no device");
  const nbytes = numel * storageItemsize(dtype);
  if (!Number.isSafeInteger(nbytes)) throw bad(`counts ${numel} elements`);
  return { key, dtype, location: device, numel, nbytes, view };
}

/** Bytes that a storage counts as one; for sub-byte classes (quint4x2, quint2x4) that is a byte. */
export function storageItemsize(dtype: string): number {
  return dtype === "untyped" ? 1 : Math.max(1, dtypeByName(dtype)!.itemsize);
}

/** Bytes that change places together in a storage of the class; an untyped one doesn't say. */
export function storageWord(dtype: string): number {
  return dtype === "untyped" ? 1 : dtypeByName(dtype)!.word;
}

/** Makes the function from persistent ids to storages: one storage a key, made when first met. */
export function storageReducer(
  make: (id: StorageId) => Storage,
): (persistent: PyPersistent) => TorchStorage | undefined {
  const byKey = new Map<string, TorchStorage>();
  return (persistent) => {
    // A text id is no torch's: it stays what it is, and a strict load refuses it.
    if (typeof persistent.id === "string") return undefined;
    const id = parseStorageId(persistent);
    if (!id) throw bad("names no storage");
    const known = byKey.get(id.key);
    if (!known) {
      const made = new TorchStorage(make(id), id.dtype, id.location, id.numel);
      byKey.set(id.key, made);
      return made;
    }
    if (known.dtype === id.dtype && known.numel === id.numel) return known;
    // torch lets an empty storage be of two dtypes.
    if (known.numel === 0 && id.numel === 0) {
      return new TorchStorage(known.storage, id.dtype, id.location, 0);
    }
    throw new StateDictError("corrupt", `Storage ${id.key} is described in two ways`);
  };
}
