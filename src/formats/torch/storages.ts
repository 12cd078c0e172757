/**
 * Persistent ids of torch pickles: each names a storage.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyForeign, PyGlobal, PyTuple } from "../../pickle/values.ts";
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

/** Reads the id `("storage", class, key, location, numel[, view])`; undefined for another kind. */
export function parseStorageId(persistent: PyPersistent): StorageId | undefined {
  const { id } = persistent;
  if (!(id instanceof PyTuple)) return undefined;
  const [tag, cls, key, location, numel, view = null] = id.items;
  if (tag !== "storage") return undefined;
  if (id.items.length < 5) throw bad(`has ${id.items.length} parts; a storage's has 5`);
  const dtype = cls instanceof PyGlobal ? storageDtype(cls.fullName) : undefined;
  if (dtype === undefined) throw bad("names no storage class");
  // torch.package counts its storages with ints.
  const name = typeof key === "number" ? String(key) : key;
  if (typeof name !== "string" || !STORAGE_KEY.test(name)) throw bad("has no proper storage key");
  if (typeof numel !== "number" || !Number.isInteger(numel) || numel < 0) {
    throw bad("has no proper element count");
  }
  // For sub-byte classes (quint4x2, quint2x4) the count is in bytes.
  const itemsize = dtype === "untyped" ? 1 : Math.max(1, dtypeByName(dtype)!.itemsize);
  const nbytes = numel * itemsize;
  if (!Number.isSafeInteger(nbytes)) throw bad(`counts ${numel} elements`);
  return { key: name, dtype, location: String(location), numel, nbytes, view };
}
