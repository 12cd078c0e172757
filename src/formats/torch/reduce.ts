/**
 * What the nodes of a torch pickle stand for.
 *
 * @module
 */

import { makeReduce, STANDARD_REDUCERS } from "../../pickle/reduce.ts";
import type { ReducerTable } from "../../pickle/reduce.ts";
import type { PyObject, PyPersistent, PyValue } from "../../pickle/values.ts";
import type { Reducer } from "../../pickle/view.ts";
import { numpyReducers } from "../numpy/pickled.ts";
import type { PlaceBytes } from "../numpy/pickled.ts";
import { OBJECT_REDUCERS, torchGlobal } from "./objects.ts";
import { TENSOR_REBUILDS } from "./rebuild.ts";

/** What differs from one torch container to another. */
export interface TorchRules {
  /** What a persistent id stands for. */
  readonly persistent?: Reducer<PyPersistent>;
  /** Where a long byte string of the pickle lies. */
  readonly place: PlaceBytes;
  /** Reducers of this container only, and the caller's own; later ones win. */
  readonly more?: readonly ReducerTable[];
  /** Asked for calls that no table names. */
  readonly otherCall?: Reducer<PyObject>;
}

/** Makes the function that tells what a node of a torch file stands for. */
export function torchReduce(rules: TorchRules): (value: PyValue) => PyValue {
  return makeReduce({
    calls: [
      STANDARD_REDUCERS,
      numpyReducers(rules.place),
      OBJECT_REDUCERS,
      TENSOR_REBUILDS,
      ...rules.more ?? [],
    ],
    global: torchGlobal,
    ...(rules.persistent ? { persistent: rules.persistent } : {}),
    ...(rules.otherCall ? { otherCall: rules.otherCall } : {}),
  });
}
