/**
 * The calls by which storages of PyTorch stand in a plain pickle.
 *
 * @module
 */

import { PyGlobal, PyObject } from "../../pickle/values.ts";
import type { PyPersistent } from "../../pickle/values.ts";

/** The function that PyTorch's storages name when the plain pickler asks them. */
export const LOAD_FROM_BYTES = "torch.storage._load_from_bytes";

/** Whether a call gives a storage out of bytes. */
export function isStorageLoad(met: PyObject | PyPersistent): met is PyObject {
  return met instanceof PyObject && met.form === "reduce" && met.callee instanceof PyGlobal &&
    met.callee.name === "_load_from_bytes" && met.callee.module === "torch.storage";
}
