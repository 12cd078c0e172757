/**
 * Tensors of PyTorch in a plain pickle.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { isAllowed } from "../../pickle/allowlist.ts";
import type { PyObject, PyPersistent } from "../../pickle/values.ts";
import { Storage } from "../../tensor/storage.ts";
import type { FileGlobal, FormatOptions, Opened } from "../format.ts";
import { storageDtype } from "../torch/names.ts";
import { torchReduce } from "../torch/reduce.ts";
import { parseStorageId, storageReducer } from "../torch/storages.ts";
import type { StorageId } from "../torch/storages.ts";
import { LOAD_FROM_BYTES } from "./storage_loads.ts";

const TAKEN_OUT = "The tensors' bytes are in the .pt file that this pickle was taken out of";

/** What is known of a pickle that names torch. */
export type TorchReduction = Pick<Opened, "reduce" | "allows" | "shards" | "warnings">;

/** What the nodes of a pickle that names torch stand for; `loads` are its calls that give storages. */
export async function torchReduction(
  globals: readonly FileGlobal[],
  loads: readonly PyObject[],
  options: FormatOptions,
): Promise<TorchReduction> {
  const nested = loads.length === 0
    ? undefined
    : await (await import("./torch_nested.ts")).openNestedStorages(loads, options);
  const elsewhere = storageReducer(storageElsewhere);
  const reduce = await torchReduce(globals, {
    // In a plain pickle an id may be anything.
    persistent: (id: PyPersistent) => parseStorageId(id) && elsewhere(id),
    more: [
      nested ? [[LOAD_FROM_BYTES, (call: PyObject) => nested.byCall.get(call)]] : [],
      options.reducers ?? [],
    ],
  });
  // Only persistent ids name the classes of storages.
  const isTakenOut = globals.some(({ name }) => storageDtype(name) !== undefined);
  return {
    reduce,
    warnings: isTakenOut ? [TAKEN_OUT] : [],
    ...(nested ? { shards: [nested.shard] } : {}),
    // The name is harmless where statedict itself has opened the bytes that it was given.
    ...(nested && nested.byCall.size === loads.length ? { allows: isAllowedWithLoads } : {}),
  };
}

function isAllowedWithLoads(module: string, name: string): boolean {
  return isAllowed(module, name) || `${module}.${name}` === LOAD_FROM_BYTES;
}

/** The storage that an id names. Its bytes are a record of the archive that the pickle was in. */
function storageElsewhere({ key, nbytes, location }: StorageId): Storage {
  return new Storage({
    id: key,
    nbytes,
    device: location,
    locate: () =>
      Promise.reject(
        new StateDictError("unsupported", `The bytes of storage ${key} are in another file`, {
          hint: "open the .pt file that this pickle was taken out of",
        }),
      ),
  });
}
