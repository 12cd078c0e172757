/**
 * Applies reducers to a pickle's nodes, each node once.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { CONTAINER_REDUCERS } from "./reducers/containers.ts";
import { DATETIME_REDUCERS } from "./reducers/datetimes.ts";
import { SCALAR_REDUCERS } from "./reducers/scalars.ts";
import { PyGlobal, PyObject, PyPersistent } from "./values.ts";
import type { PyValue } from "./values.ts";
import type { ReduceContext, Reducer } from "./view.ts";

/** Reducers by the callee's Python 3 name. */
export type ReducerTable = readonly (readonly [string, Reducer<PyObject>])[];

/** Everything of Python's standard library that has a plain form. */
export const STANDARD_REDUCERS: ReducerTable = [
  ...CONTAINER_REDUCERS,
  ...SCALAR_REDUCERS,
  ...DATETIME_REDUCERS,
];

/** What a format knows beyond the calls: what its bare names and its persistent ids stand for. */
export interface ReduceRules {
  /** Reducers by the callee's name; later tables win. */
  readonly calls: readonly ReducerTable[];
  /** Asked for call nodes whose callee no table names, such as `__torch__.Net` of TorchScript. */
  readonly otherCall?: Reducer<PyObject>;
  /** What a bare name stands for. */
  readonly global?: Reducer<PyGlobal>;
  /** What a persistent id stands for. */
  readonly persistent?: Reducer<PyPersistent>;
}

/** Reducers that ask for nested values go no deeper than this: a file can nest calls as it likes. */
const MAX_DEPTH = 100;

/** Makes the function that tells what a node stands for; other values come back as they are. */
export function makeReduce(rules: ReduceRules): (value: PyValue) => PyValue {
  const byName = new Map<string, Reducer<PyObject>>();
  for (const table of rules.calls) for (const [name, reducer] of table) byName.set(name, reducer);
  const known = new Map<PyValue, PyValue>();
  let depth = 0;

  const reduce = (value: PyValue): PyValue => {
    if (typeof value !== "object" || value === null) return value;
    const isCall = value instanceof PyObject;
    if (!isCall && !(value instanceof PyGlobal) && !(value instanceof PyPersistent)) return value;
    const done = known.get(value);
    if (done !== undefined) return done;
    if (depth > MAX_DEPTH) {
      throw new StateDictError("limit", `Calls are nested more than ${MAX_DEPTH} deep`);
    }
    depth++;
    try {
      const reducer = isCall ? byName.get(value.calleeName) ?? rules.otherCall : undefined;
      const result = (isCall
        ? reducer?.(value, context)
        : value instanceof PyGlobal
        ? rules.global?.(value, context)
        : rules.persistent?.(value, context)) ?? value;
      known.set(value, result);
      return result;
    } finally {
      depth--;
    }
  };
  const context: ReduceContext = { reduce };
  return reduce;
}
