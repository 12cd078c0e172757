/**
 * The reducers that a file needs, by the modules that it names.
 *
 * @module
 */

import { loadStandardReducers } from "../pickle/reduce.ts";
import type { ReducerTable } from "../pickle/reduce.ts";
import type { FileGlobal } from "./format.ts";

/** Those of Python's standard library and of numpy. */
export async function loadReducers(globals: readonly FileGlobal[]): Promise<ReducerTable[]> {
  const modules = new Set(globals.map(({ module }) => module));
  const tables = await loadStandardReducers(modules);
  if ([...modules].some((module) => module === "numpy" || module.startsWith("numpy."))) {
    const { numpyReducers } = await import("./numpy/pickled.ts");
    tables.push(numpyReducers());
  }
  return tables;
}
