/**
 * Tensors of PyTorch in a plain pickle.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { PyPersistent, PyValue } from "../../pickle/values.ts";
import { Storage } from "../../tensor/storage.ts";
import type { FileGlobal, FormatOptions, Opened } from "../format.ts";
import { storageDtype } from "../torch/names.ts";
import { torchReduce } from "../torch/reduce.ts";
import { parseStorageId, TorchStorage } from "../torch/storages.ts";

const TAKEN_OUT = "The tensors' bytes are in the .pt file that this pickle was taken out of";

/** What the nodes of a pickle that names torch stand for. */
export async function torchReduction(
  globals: readonly FileGlobal[],
  options: FormatOptions,
): Promise<Pick<Opened, "reduce" | "warnings">> {
  const storages = new Map<string, TorchStorage>();
  const reduce = await torchReduce(globals, {
    persistent: (id) => storageElsewhere(id, storages),
    more: options.reducers ? [options.reducers] : [],
  });
  // Only persistent ids name the classes of storages.
  const isTakenOut = globals.some(({ name }) => storageDtype(name) !== undefined);
  return { reduce, warnings: isTakenOut ? [TAKEN_OUT] : [] };
}

/**
 * The storage that a persistent id names. Its bytes are a record of the archive that this pickle
 * was taken out of.
 */
function storageElsewhere(
  persistent: PyPersistent,
  storages: Map<string, TorchStorage>,
): PyValue | undefined {
  const id = parseStorageId(persistent);
  if (!id) return undefined;
  const known = storages.get(id.key);
  if (known) return known;
  const { key, nbytes, dtype, location, numel } = id;
  const storage = new Storage({
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
  const made = new TorchStorage(storage, dtype, location, numel);
  storages.set(key, made);
  return made;
}
