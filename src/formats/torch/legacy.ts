/**
 * The stream of pickles that `torch.save` wrote before 1.6, and writes still if it is told to.
 *
 * Source: `torch/serialization.py` of 2.13, `_legacy_save` and `_legacy_load`.
 *
 * @module
 */

import type { Format } from "../format.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { layOutStorages, storageWarnings } from "./legacy_layout.ts";
import { legacyStorages } from "./legacy_storages.ts";
import { isLegacyStream, readLegacyPickles } from "./legacy_stream.ts";
import { torchReduce } from "./reduce.ts";

/** A magic number, some facts, the object, and its storages behind it. */
export const TORCH_LEGACY: Format = {
  sniff: ({ head }) => isLegacyStream(head),

  async open({ source }, options) {
    const { value, ids, keys, end, report, warnings } = await readLegacyPickles(source, options);
    const layout = layOutStorages(keys, ids, end, source.size);
    if (layout.end !== undefined && layout.end < source.size) {
      // Readers that look for an archive at the end would see another file in this one.
      await (await import("../pickle/behind.ts")).refuseArchive(source, layout.end, options.signal);
    }
    return {
      format: "torch-legacy",
      compression: "none",
      value,
      reduce: await torchReduce(report.globals, {
        persistent: legacyStorages(source, layout),
        more: options.reducers ? [options.reducers] : [],
      }),
      globals: report.globals,
      anomalies: report.anomalies,
      allows: isAllowedInTorch,
      metadata: new Map(),
      warnings: [...warnings, ...storageWarnings(layout, source.size)],
      close: () => source.close(),
    };
  },
};
