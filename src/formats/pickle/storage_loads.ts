/**
 * The calls by which storages of PyTorch stand in a plain pickle.
 *
 * @module
 */

import { PyGlobal } from "../../pickle/values.ts";
import type { PyObject } from "../../pickle/values.ts";

/** The function that PyTorch's storages name when the plain pickler asks them. */
export const LOAD_FROM_BYTES: string = "torch.storage._load_from_bytes";

/** Whether a call gives a storage out of bytes. */
export function isStorageLoad({ form, callee }: PyObject): boolean {
  return form === "reduce" && callee instanceof PyGlobal &&
    callee.name === "_load_from_bytes" && callee.module === "torch.storage";
}
