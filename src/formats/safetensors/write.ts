/**
 * Writes safetensors. Of tensors that are one and the same, the first name in the tree's order is
 * kept; the others go into the metadata as `name: kept name`, as Hugging Face's `save_model` does.
 *
 * @module
 */

import { writeBytes } from "../../io/sink.ts";
import { plainArrays, tensorBytes } from "../tensor_bytes.ts";
import type { NamedTensor } from "../tensor_bytes.ts";
import type { ArrayPlan, FormatWriter, WriteInput } from "../writer.ts";
import { layOutSafetensors, safetensorsRefusal } from "./header_write.ts";

/** Writes `.safetensors` files. */
export const SAFETENSORS_WRITER: FormatWriter = {
  plan,
  async write(input, sink, options) {
    const { arrays, tied, left } = plan(input);
    const metadata = new Map([...input.metadata, ...tied]);
    // transformers refuses weights whose file doesn't say what they are for.
    const fromTorch = input.origin === null || input.origin.startsWith("torch");
    if (fromTorch && !metadata.has("format")) metadata.set("format", "pt");
    const facts = arrays.map(({ name, tensor }) => ({
      name,
      tensor,
      dtype: tensor.dtype,
      shape: tensor.shape,
    }));
    const { header, tensors } = layOutSafetensors(facts, metadata);
    await writeBytes(sink, header);
    for (const { tensor } of tensors) {
      for await (const block of tensorBytes(tensor, options)) await writeBytes(sink, block);
    }
    return { left };
  },
};

function plan(input: WriteInput): ArrayPlan {
  const { arrays, left } = plainArrays(input.catalogue(), safetensorsRefusal);
  const { kept, tied } = partTied(arrays);
  return { arrays: kept, tied, left };
}

/** Tensors that look at the same elements of one storage are tied. */
export function partTied(
  arrays: readonly NamedTensor[],
): { kept: NamedTensor[]; tied: Map<string, string> } {
  const kept: NamedTensor[] = [];
  const tied = new Map<string, string>();
  const firsts = new Map<unknown, Map<string, string>>();
  for (const array of arrays) {
    const { storage, dtype, offset, shape, stride, conj, neg } = array.tensor;
    const views = firsts.get(storage) ?? new Map<string, string>();
    firsts.set(storage, views);
    const view = `${dtype.name} ${offset} ${shape} / ${stride} ${conj} ${neg}`;
    const first = views.get(view);
    // Tensors without elements share nothing.
    if (first !== undefined && array.tensor.nbytes > 0) {
      tied.set(array.name, first);
    } else {
      views.set(view, array.name);
      kept.push(array);
    }
  }
  return { kept, tied };
}
