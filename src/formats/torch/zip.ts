/**
 * The zip container that `torch.save` writes since 1.6.
 *
 * @module
 */

import { PickleReport } from "../format.ts";
import type { Format } from "../format.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { readRecordPickle } from "./record_pickle.ts";
import { byteOrderOf, checkOneRoot, checkVersion, rootFolder, storageFinder } from "./records.ts";
import { torchReduce } from "./reduce.ts";

/** An archive with one `data.pkl` and the storages it names. */
export const TORCH_ZIP: Format = {
  async sniff(probe) {
    const directory = await probe.zip();
    const root = rootFolder(directory);
    if (root === undefined || !directory.find(`${root}/data.pkl`)) return false;
    // With constants beside it, torch.load too takes it for TorchScript.
    return !directory.find(`${root}/constants.pkl`);
  },

  async open(probe, options) {
    const { signal } = options;
    const directory = await probe.zip();
    const root = rootFolder(directory)!;
    checkOneRoot(directory, root);
    await checkVersion(directory, root, signal);
    const byteOrder = await byteOrderOf(directory, root, signal);
    const report = new PickleReport();
    const { value } = await readRecordPickle(directory, `${root}/data.pkl`, options, report);
    const find = storageFinder(directory, { record: (key) => `${root}/data/${key}`, byteOrder });
    return {
      format: "torch-zip",
      compression: "none",
      value,
      reduce: await torchReduce(report.globals, {
        persistent: find,
        more: options.reducers ? [options.reducers] : [],
      }),
      globals: report.globals,
      anomalies: report.anomalies,
      allows: isAllowedInTorch,
      metadata: new Map(),
      warnings: [],
      close: () => probe.source.close(),
    };
  },
};
