/**
 * safetensors: a JSON header, and the tensors' bytes one after another.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyDict } from "../../pickle/dict.ts";
import type { PyValue } from "../../pickle/values.ts";
import { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { compareText } from "../../text/order.ts";
import { quoted } from "../../text/quoted.ts";
import type { Format } from "../format.ts";
import { isSafetensors } from "../sniff.ts";
import { readHeader } from "./header.ts";
import type { HeaderTensor } from "./header.ts";

/** One file. Its tensors are listed by name, as the library's `keys()` lists them. */
export const SAFETENSORS: Format = {
  sniff: ({ head }) => isSafetensors(head),

  async open({ source }, { signal, recover = false }) {
    const { tensors, metadata, dataStart, damage } = await readHeader(source, signal, recover);
    const entries: [string, Tensor][] = [];
    for (let i = 0; i < tensors.length; i++) {
      const entry = tensors[i]!;
      entries.push([entry.name, tensorOf(source, entry, i, dataStart)]);
    }
    const flat: PyValue[] = [];
    if (metadata.size > 0) flat.push("__metadata__", new PyDict([...metadata].flat()));
    sortByName(entries);
    for (let i = 0; i < entries.length; i++) {
      const [name, tensor] = entries[i]!;
      if (i > 0 && name === entries[i - 1]![0]) {
        throw new StateDictError("corrupt", `The header has two tensors ${quoted(name)}`);
      }
      flat.push(name, tensor);
    }
    return {
      format: "safetensors",
      compression: "none",
      listing: true,
      value: new PyDict(flat),
      reduce: (value) => value,
      globals: [],
      anomalies: [],
      metadata,
      warnings: [],
      ...(damage ? { damage } : {}),
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

/** Writers of one dtype sort by name themselves, so there is mostly nothing to do. */
function sortByName(entries: [string, Tensor][]): void {
  for (let i = 1; i < entries.length; i++) {
    if (compareText(entries[i - 1]![0], entries[i]![0]) <= 0) continue;
    entries.sort(([a], [b]) => compareText(a, b));
    return;
  }
}
