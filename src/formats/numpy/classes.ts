/**
 * The classes of numpy's arrays, by the names that numpy 2 gives them.
 *
 * @module
 */

import { PyGlobal } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { copyTensor } from "../../tensor/derive.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Where the classes lived before. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ["numpy.matrixlib.defmatrix.matrix", "numpy.matrix"],
  ["numpy.core.defmatrix.matrix", "numpy.matrix"],
  ["numpy.recarray", "numpy.rec.recarray"],
  ["numpy.core.records.recarray", "numpy.rec.recarray"],
  ["numpy.chararray", "numpy.char.chararray"],
  ["numpy.core.defchararray.chararray", "numpy.char.chararray"],
  ["numpy.core.memmap.memmap", "numpy.memmap"],
]);

/** The name of an array's class, or null for numpy's plain one. */
function arrayClass(cls: PyValue | undefined): string | null {
  if (!(cls instanceof PyGlobal)) return null;
  const name = OLD_NAMES.get(cls.fullName) ?? cls.fullName;
  return name === "numpy.ndarray" ? null : name;
}

/** Makes an array one of a class that isn't numpy's plain one. */
export function makeSubclass(array: Tensor, cls: PyValue | undefined): Tensor {
  const name = arrayClass(cls);
  if (name === null) return array;
  const subclass = copyTensor(array, { details: new Map([["subclass", name]]) });
  subclass.className = name;
  return subclass;
}

/** What is to be said of a class that a wrapper of joblib names: joblib itself gives back plain arrays. */
export function storedClass(cls: PyValue | undefined): Map<string, PyValue> {
  const name = arrayClass(cls);
  return new Map(name === null ? [] : [["stored_subclass", name]]);
}
