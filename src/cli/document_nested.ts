/**
 * Nested tensors: which component lies where, from the small index tensors beside the numbers.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { copyTensor } from "../tensor/derive.ts";
import { contiguousStrides } from "../tensor/strides.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DocumentOptions } from "./document_tensor.ts";
import type { JsonValue } from "../text/json.ts";

type Fields = Map<string, JsonValue>;

/** Components that a document lists. */
const MAX_COMPONENTS = 100_000;

/** Replaces the index tensors by their numbers, and lists the components. */
export async function describeNested(
  tensor: Tensor,
  group: Fields,
  fields: Fields,
  brief: (part: Tensor) => Promise<Fields>,
  options: DocumentOptions,
): Promise<void> {
  const components = tensor.layout === "nested_strided"
    ? await stridedComponents(tensor, group, options)
    : await jaggedComponents(tensor, group, options);
  const list: JsonValue[] = [];
  for (const component of components) list.push(await brief(component));
  fields.set("components", list);
}

async function numbers(part: Tensor, options: DocumentOptions): Promise<JsonValue> {
  if (part.numel > MAX_COMPONENTS * 8) {
    throw new StateDictError("limit", `A nested tensor has ${part.numel} index numbers`);
  }
  return (await part.load(options.signal)).toJS() as JsonValue;
}

/** Component i is the buffer seen with sizes[i], strides[i] and offsets[i]. */
async function stridedComponents(
  tensor: Tensor,
  group: Fields,
  options: DocumentOptions,
): Promise<Tensor[]> {
  const buffer = tensor.parts!.get("buffer")!;
  for (const key of ["sizes", "strides", "offsets"]) {
    group.set(key, await numbers(tensor.parts!.get(key)!, options));
  }
  const sizes = group.get("sizes") as number[][];
  const strides = group.get("strides") as number[][];
  const offsets = group.get("offsets") as number[];
  return sizes.map((shape, i) =>
    copyTensor(buffer, { shape, stride: strides[i]!, offset: buffer.offset + offsets[i]! })
  );
}

/** Component i is values[offsets[i] : offsets[i + 1]] along the dimension before the ragged one. */
async function jaggedComponents(
  tensor: Tensor,
  group: Fields,
  options: DocumentOptions,
): Promise<Tensor[]> {
  const values = tensor.parts!.get("values")!;
  const offsets = await numbers(tensor.parts!.get("offsets")!, options) as number[];
  const lengthPart = tensor.parts!.get("lengths");
  const lengths = lengthPart ? await numbers(lengthPart, options) as number[] : undefined;
  if (!lengthPart) group.set("lengths", null);
  const axis = (tensor.details?.get("ragged_idx") as number) - 1;
  return offsets.slice(0, -1).map((start, i) => {
    const length = lengths?.[i] ?? offsets[i + 1]! - start;
    const shape = values.shape.map((size, d) => d === axis ? length : size);
    return copyTensor(values, {
      shape,
      stride: values.isContiguous ? contiguousStrides(values.shape) : values.stride,
      offset: values.offset + start * values.stride[axis]!,
    });
  });
}
