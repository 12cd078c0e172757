/**
 * The objects by which joblib stands an array in a pickle. What they describe lies outside the
 * opcodes: behind the BUILD that completes them, or in a file of its own.
 *
 * @module
 */

import { PyGlobal } from "../../pickle/values.ts";
import type { PyObject } from "../../pickle/values.ts";

/**
 * - `NumpyArrayWrapper`: the array's bytes, or the pickle of its objects, follow at once (joblib
 *   since 0.10).
 * - `NDArrayWrapper`: the array is a `.npy` file beside this one (before).
 * - `ZNDArrayWrapper`: its bytes are a compressed file beside this one (before, with `compress`).
 */
export type WrapperKind = "NumpyArrayWrapper" | "NDArrayWrapper" | "ZNDArrayWrapper";

/** scikit-learn carried a copy of joblib until 0.23. */
const MODULES: readonly string[] = [
  "joblib.numpy_pickle",
  "joblib.numpy_pickle_compat",
  "sklearn.externals.joblib.numpy_pickle",
  "sklearn.externals.joblib.numpy_pickle_compat",
];

const KINDS: readonly string[] = ["NumpyArrayWrapper", "NDArrayWrapper", "ZNDArrayWrapper"];

/** Functions that make an object of the class that is their first argument. */
const MAKERS: readonly string[] = ["_reconstructor", "__newobj__", "__newobj_ex__"];

/** Which wrapper an object is, if it is one. */
export function wrapperKind({ callee, args }: PyObject): WrapperKind | undefined {
  if (!(callee instanceof PyGlobal)) return undefined;
  // Protocols 0 and 1 make an object with copyreg._reconstructor(class, object, None); the others
  // are what NEWOBJ does, spelled as a call.
  const isRebuilt = callee.module === "copyreg" && MAKERS.includes(callee.name);
  const cls = isRebuilt ? args.items[0] : callee;
  if (!(cls instanceof PyGlobal) || !KINDS.includes(cls.name)) return undefined;
  return MODULES.includes(cls.module) ? cls.name as WrapperKind : undefined;
}
