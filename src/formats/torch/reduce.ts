/**
 * What the nodes of a torch pickle stand for.
 *
 * @module
 */

import { makeReduce } from "../../pickle/reduce.ts";
import type { ReducerTable } from "../../pickle/reduce.ts";
import type { PyObject, PyPersistent, PyValue } from "../../pickle/values.ts";
import type { Reducer } from "../../pickle/view.ts";
import type { FileGlobal } from "../format.ts";
import { loadReducers } from "../reducers.ts";
import { OBJECT_REDUCERS, torchGlobal } from "./objects.ts";
import { TENSOR_REBUILDS } from "./rebuild.ts";

/** What differs from one torch container to another. */
export interface TorchRules {
  /** What a persistent id stands for. */
  readonly persistent?: Reducer<PyPersistent>;
  /** Reducers of this container only, and the caller's own; later ones win. */
  readonly more?: readonly ReducerTable[];
  /** Asked for calls that no table names. */
  readonly otherCall?: Reducer<PyObject>;
}

/** Rebuild calls that few files have, and where they are read. One line a file. */
const RARE: readonly { test: RegExp; load: () => Promise<ReducerTable> }[] = [
  {
    test: /_rebuild_(sparse|nested|njt|wrapper|device|xla)/,
    load: async () => (await import("./rebuild_composite.ts")).COMPOSITE_REBUILDS,
  },
  {
    test: /_rebuild_qtensor$/,
    load: async () => (await import("./rebuild_quantized.ts")).QUANTIZED_REBUILDS,
  },
  {
    test: /Tensor$|\.Parameter$/,
    load: async () => (await import("./rebuild_old.ts")).OLD_REBUILDS,
  },
];

/** Makes the function that tells what a node of a torch file stands for. */
export async function torchReduce(
  globals: readonly FileGlobal[],
  rules: TorchRules,
): Promise<(value: PyValue) => PyValue> {
  const rare = RARE.filter(({ test }) => globals.some(({ name }) => test.test(name)));
  return makeReduce({
    calls: [
      ...await loadReducers(globals),
      OBJECT_REDUCERS,
      TENSOR_REBUILDS,
      ...await Promise.all(rare.map(({ load }) => load())),
      ...rules.more ?? [],
    ],
    global: torchGlobal,
    ...(rules.persistent ? { persistent: rules.persistent } : {}),
    ...(rules.otherCall ? { otherCall: rules.otherCall } : {}),
  });
}
