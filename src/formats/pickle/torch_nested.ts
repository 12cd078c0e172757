/**
 * Storages of PyTorch inside a plain pickle: each is a call with the bytes of a file that holds
 * nothing else. The call isn't made; the file is opened like any other.
 *
 * @module
 */

import { bytesSource, sliceSource } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyBytes } from "../../pickle/values.ts";
import type { PyObject } from "../../pickle/values.ts";
import { PickleReport } from "../format.ts";
import type { FormatOptions, OpenedShard } from "../format.ts";
import { nestedOptions } from "../nesting.ts";
import { openSource } from "../open.ts";
import { partOf } from "../part.ts";
import { isAllowedInTorch } from "../torch/allowlist.ts";
import { TorchStorage } from "../torch/storages.ts";
import { LOAD_FROM_BYTES } from "./storage_loads.ts";

/** What the calls stand for. */
export interface NestedStorages {
  /** The storage of each call that was given the file of one. */
  readonly byCall: ReadonlyMap<PyObject, TorchStorage>;
  /** All the nested files as one, with the names that they import. */
  readonly shard: OpenedShard;
}

/** Opens the files that the calls were given. */
export async function openNestedStorages(
  calls: readonly PyObject[],
  options: FormatOptions,
): Promise<NestedStorages> {
  const byCall = new Map<PyObject, TorchStorage>();
  const report = new PickleReport();
  let size = 0;
  for (const call of calls) {
    const source = bytesArgument(call);
    if (!source) continue;
    const opened = await openSource(source, nestedOptions(options));
    for (const global of opened.globals) report.globals.push(global);
    for (const anomaly of opened.anomalies) report.anomalies.push(anomaly);
    size += source.size;
    const storage = opened.reduce(opened.value);
    // Whatever else it is, nobody that PyTorch's pickles hold would ask for it.
    if (!(storage instanceof TorchStorage)) continue;
    // Each file counts its storages anew.
    storage.storage.id = String(byCall.size);
    byCall.set(call, storage);
  }
  const shard = partOf(LOAD_FROM_BYTES, size, "torch-legacy", report, isAllowedInTorch);
  return { byCall, shard };
}

function bytesArgument({ args }: PyObject): ByteSource | undefined {
  const [bytes] = args.items;
  if (args.items.length !== 1 || !(bytes instanceof PyBytes)) return undefined;
  if (bytes.data) return bytesSource(bytes.data);
  const { source, offset, length } = bytes.span!;
  return source && sliceSource(source, offset, length);
}
