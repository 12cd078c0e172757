/**
 * The member `storages` of PyTorch's tar archives: each storage with its data behind it, then which
 * storages are windows of others.
 *
 * @module
 */

import { PyGlobal, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { Storage } from "../../tensor/storage.ts";
import { storageDtype } from "./names.ts";
import { idText, storageItemsize, storageWord, TorchStorage } from "./storages.ts";
import { tarKey } from "./tar_part.ts";
import type { TarPart } from "./tar_part.ts";

/** Reads what the member says of its storages, and none of their data. */
export async function readTarStorages(part: TarPart): Promise<Map<string, TorchStorage>> {
  const storages = new Map<string, TorchStorage>();
  const count = await part.count();
  for (let i = 0; i < count; i++) {
    const [given, location, cls] = await part.tuple(3);
    const key = tarKey(given);
    const device = idText(location);
    const dtype = cls instanceof PyGlobal ? storageDtype(cls.fullName) : undefined;
    if (key === undefined || device === undefined || dtype === undefined) {
      throw part.corrupt("has no key, device and class where a storage begins");
    }
    const [numel] = await part.int64(1);
    const nbytes = numel! * storageItemsize(dtype);
    const offset = part.at;
    part.skip(nbytes);
    const storage = new Storage({
      id: key,
      nbytes,
      source: part.source,
      offset,
      word: storageWord(dtype),
      record: "storages",
      device,
    });
    storages.set(key, new TorchStorage(storage, dtype, device, numel!));
  }
  const views = await part.pickle();
  if (!Array.isArray(views)) throw part.corrupt("has no list of windows at its end");
  for (const view of views) addWindow(part, storages, view);
  return storages;
}

/** `(key, key of the whole storage, offset, numel)`, counted in elements. */
function addWindow(part: TarPart, storages: Map<string, TorchStorage>, view: PyValue): void {
  const [target, root, offset, numel] = view instanceof PyTuple ? view.items : [];
  const key = tarKey(target);
  const whole = storages.get(tarKey(root) ?? "");
  if (key === undefined || !whole || typeof offset !== "number" || typeof numel !== "number") {
    throw part.corrupt("has a window of no storage");
  }
  if (!(offset >= 0 && numel >= 0 && offset + numel <= whole.numel)) {
    throw part.corrupt(`has a window of elements ${offset} to ${offset + numel} of ${whole.numel}`);
  }
  const { storage, dtype, location } = whole;
  const itemsize = storageItemsize(dtype);
  const window = new Storage({
    id: key,
    nbytes: numel * itemsize,
    source: part.source,
    offset: storage.place!.offset + offset * itemsize,
    word: storage.word,
    record: "storages",
    device: location,
  });
  storages.set(key, new TorchStorage(window, dtype, location, numel));
}
