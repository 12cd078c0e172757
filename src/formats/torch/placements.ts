/**
 * How a DTensor is spread over its mesh, as PyTorch prints it.
 *
 * @module
 */

import { PyDict } from "../../pickle/dict.ts";
import { PyGlobal, PyObject, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";

/** The placements of a `DTensorSpec`, such as `Shard(dim=0)` or `Replicate()`. */
export function placementsOf(spec: PyValue | undefined): string[] {
  const state = spec instanceof PyObject ? spec.state : undefined;
  const fields = state instanceof PyDict ? state : undefined;
  const placements = fields?.get("placements");
  return placements instanceof PyTuple ? placements.items.map(placementText) : [];
}

/** `Shard(dim=0)`: the class with the attributes it was made of. */
function placementText(placement: PyValue): string {
  if (!(placement instanceof PyObject)) return "?";
  const name = placement.callee instanceof PyGlobal ? placement.callee.name : "?";
  // copyreg.__newobj__ and friends aside, a placement is its class with one attribute at most.
  const state = placement.state;
  const attributes = state instanceof PyDict ? [...state] : [];
  const shown = attributes.map(([key, value]) => `${key}=${value}`);
  const args = placement.args.items.map((value) => `dim=${value}`);
  return `${name}(${[...args, ...shown].join(", ")})`;
}
