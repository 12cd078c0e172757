/**
 * safetensors: a JSON header, and the tensors' bytes one after another.
 *
 * @module
 */

import { PyDict } from "../../pickle/dict.ts";
import type { PyValue } from "../../pickle/values.ts";
import { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Format } from "../format.ts";
import { isSafetensors } from "../sniff.ts";
import { readHeader } from "./header.ts";
import type { HeaderTensor } from "./header.ts";
import type { ByteSource } from "../../io/source.ts";

/** One file. */
export const SAFETENSORS: Format = {
  sniff: ({ head }) => isSafetensors(head),

  async open({ source }, { signal }) {
    const { tensors, metadata, dataStart } = await readHeader(source, signal);
    const flat: PyValue[] = [];
    for (const [i, entry] of tensors.entries()) {
      flat.push(entry.name, tensorOf(source, entry, i, dataStart));
    }
    if (metadata.size > 0) flat.push("__metadata__", new PyDict([...metadata].flat()));
    return {
      format: "safetensors",
      compression: "none",
      value: new PyDict(flat),
      reduce: (value) => value,
      globals: [],
      anomalies: [],
      metadata,
      warnings: [],
      close: () => source.close(),
    };
  },
};

function tensorOf(
  source: ByteSource,
  entry: HeaderTensor,
  index: number,
  dataStart: number,
): Tensor {
  const { name, dtype, shape, begin, end } = entry;
  const storage = new Storage({
    id: String(index),
    nbytes: end - begin,
    source,
    offset: dataStart + begin,
  });
  return new Tensor({ dtype, shape, storage, name });
}
