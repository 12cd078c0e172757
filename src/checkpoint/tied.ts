/**
 * What safetensors keeps beside its tensors, given back to the tree: names of tied tensors.
 *
 * @module
 */

import { PyDict } from "../pickle/dict.ts";
import type { PyValue } from "../pickle/values.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** Where a listing shows text metadata: no tensor of these formats can bear the name. */
const METADATA = "__metadata__";

/**
 * A checkpoint whose tree has its tensors alone, each under all its names. Metadata that says
 * `name: name of a tensor`, as Hugging Face's libraries write for tied ones, becomes that.
 */
export function restoreTied(checkpoint: Checkpoint): Checkpoint {
  const { value } = checkpoint;
  if (!checkpoint.listing || !(value instanceof PyDict)) return checkpoint;
  // The index of shards has its metadata beside the tensors.
  if (!value.has(METADATA) && checkpoint.metadata.size === 0) return checkpoint;
  const flat: PyValue[] = [];
  for (const [key, item] of value) if (key !== METADATA) flat.push(key, item);
  const metadata = new Map<string, string>();
  for (const [name, kept] of checkpoint.metadata) {
    const tensor = kept === METADATA ? undefined : value.get(kept);
    if (tensor === undefined || value.has(name)) metadata.set(name, kept);
    else flat.push(name, tensor);
  }
  return checkpoint.derive({ value: new PyDict(flat), metadata });
}
