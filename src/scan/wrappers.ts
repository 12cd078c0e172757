/**
 * joblib's wrappers of arrays that are described as no version of joblib describes them. Where the
 * bytes of the array end and opcodes go on is told by the wrapper alone: a reader that takes it in
 * another way runs other opcodes.
 *
 * @module
 */

import { PyDict } from "../pickle/dict.ts";
import { PyGlobal } from "../pickle/values.ts";
import type { PyObject } from "../pickle/values.ts";

/** What is odd about a wrapper that has been given its state, or undefined. */
export function oddWrapper({ form, callee, args, states }: PyObject): string | undefined {
  if (states?.length !== 1) return "A wrapper of an array is given its state more than once";
  if (!(states[0] instanceof PyDict)) return "A wrapper of an array is given its state in parts";
  // __init__ sets attributes that the state may then lack.
  const isCalled = form === "reduce" && !isMaker(callee) ||
    form === "instance" && args.items.length > 0;
  return isCalled ? "A wrapper of an array is made by calling its class" : undefined;
}

function isMaker(callee: PyObject["callee"]): boolean {
  return callee instanceof PyGlobal && callee.module === "copyreg";
}
