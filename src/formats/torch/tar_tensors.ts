/**
 * The member `tensors` of PyTorch's tar archives: which part of which storage each tensor is.
 *
 * @module
 */

import { Tensor } from "../../tensor/tensor.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { TorchStorage } from "./storages.ts";
import { tarKey } from "./tar_part.ts";
import type { TarPart } from "./tar_part.ts";

/** Reads the tensors by their keys. */
export async function readTarTensors(
  part: TarPart,
  storages: ReadonlyMap<string, TorchStorage>,
): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  const count = await part.count();
  for (let i = 0; i < count; i++) {
    const [given, root] = await part.tuple(3);
    const key = tarKey(given);
    const from = storages.get(tarKey(root) ?? "");
    // PyTorch too takes the dtype of the storage, not that of the class in the tuple.
    const dtype = from && dtypeByName(from.dtype);
    if (key === undefined || !dtype) throw part.corrupt("has a tensor without key or storage");
    // The number of dimensions has four bytes; the four behind it are left from when it had eight.
    const bytes = await part.bytes(8);
    const dims = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
    const shape = await part.int64(dims);
    const stride = await part.int64(dims);
    const [offset] = await part.int64(1);
    const storage = from.storage;
    tensors.set(key, new Tensor({ dtype, shape, stride, offset: offset!, storage, name: key }));
  }
  return tensors;
}
