/**
 * A tensor's numbers as JSON.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { isJsonKind } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { JsonFloat } from "../text/json.ts";
import type { JsonValue } from "../text/json.ts";

/** Numbers that are written as text: a few gigabytes of it. */
export const MAX_ELEMENTS = 10_000_000;

/** `{"name", "dtype", "shape", "data"}`; numbers that JSON doesn't have are `"NaN"`, `"Infinity"`. */
export async function tensorJson(
  name: string,
  tensor: Tensor,
  maxElements: number,
  signal?: AbortSignal,
): Promise<JsonValue> {
  if (tensor.numel > maxElements) {
    throw new StateDictError(
      "limit",
      `Tensor ${
        JSON.stringify(name)
      } has ${tensor.numel} elements, more than ${maxElements} for JSON`,
      { hint: "raise --max-elements, or take --format npy" },
    );
  }
  if (!isJsonKind(tensor.dtype)) {
    throw new StateDictError(
      "unsupported",
      `JSON has no elements of tensor ${JSON.stringify(name)}'s dtype ${tensor.dtype.name}`,
      { hint: "take --format npy or bin, or leave it out with --filter; convert keeps everything" },
    );
  }
  await tensor.load(signal);
  const floats = tensor.dtype.kind === "float" || tensor.dtype.kind === "complex";
  return {
    name,
    dtype: tensor.dtype.name,
    shape: [...tensor.shape],
    data: toJson(tensor.toJS() as Nested, floats),
  };
}

type Nested = number | bigint | boolean | string | Nested[];

/** Depth is the tensor's, at most 64. */
function toJson(value: Nested, floats: boolean): JsonValue {
  if (Array.isArray(value)) return value.map((item) => toJson(item, floats));
  if (typeof value !== "number") return value;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return floats ? new JsonFloat(value) : value;
}
