/**
 * Applies reducers to a pickle's nodes, each node once.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyGlobal, PyObject, PyPersistent } from "./values.ts";
import type { PyValue } from "./values.ts";
import type { ReduceContext, Reducer } from "./view.ts";

/** Reducers by the callee's Python 3 name. */
export type ReducerTable = readonly (readonly [string, Reducer<PyObject>])[];

/** Which modules of Python's standard library have reducers, and where those are. One line a table. */
const STANDARD: readonly { modules: readonly string[]; load: () => Promise<ReducerTable> }[] = [
  {
    modules: ["collections"],
    load: async () => (await import("./reducers/containers.ts")).CONTAINER_REDUCERS,
  },
  {
    modules: ["builtins", "decimal", "_pydecimal", "fractions", "pathlib", "pathlib._local"],
    load: async () => (await import("./reducers/scalars.ts")).SCALAR_REDUCERS,
  },
  {
    modules: ["datetime"],
    load: async () => (await import("./reducers/datetimes.ts")).DATETIME_REDUCERS,
  },
];

/** The standard reducers for a file that names these modules; most files name one or two. */
export async function loadStandardReducers(modules: ReadonlySet<string>): Promise<ReducerTable[]> {
  const wanted = STANDARD.filter((row) => row.modules.some((module) => modules.has(module)));
  return await Promise.all(wanted.map((row) => row.load()));
}

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
