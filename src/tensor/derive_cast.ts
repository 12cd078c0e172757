/**
 * A tensor of another dtype: the same numbers, converted when they are read.
 *
 * @module
 */

import { bytesSource } from "../io/source.ts";
import type { DType } from "./dtype.ts";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

let casts = 0;

/** The tensor cast to a dtype; its storage is made of the cast bytes when somebody needs them. */
export function castTensor(tensor: Tensor, dtype: DType): Tensor {
  if (dtype.name === tensor.dtype.name) return tensor;
  const storage = new Storage({
    id: `cast${casts++}`,
    nbytes: tensor.numel * dtype.itemsize,
    async locate(signal) {
      const { castBytes } = await import("./cast.ts");
      const loaded = await tensor.load(signal);
      const { bytes } = castBytes(tensor.dtype, dtype, loaded.bytes());
      return { source: bytesSource(bytes), offset: 0 };
    },
  });
  const cast = new Tensor({ dtype, shape: tensor.shape, storage });
  cast.parameter = tensor.parameter;
  cast.requiresGrad = tensor.requiresGrad;
  return cast;
}
