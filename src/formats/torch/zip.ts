/**
 * The zip container that `torch.save` writes since 1.6.
 *
 * @module
 */

import { isStateDictError } from "../../errors.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import { PickleReport } from "../format.ts";
import type { Format, Probe } from "../format.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { readRecordPickle } from "./record_pickle.ts";
import { byteOrderOf, checkOneRoot, checkVersion, rootFolder, storageFinder } from "./records.ts";
import { torchReduce } from "./reduce.ts";

/** An archive with one `data.pkl` and the storages it names. */
export const TORCH_ZIP: Format = {
  async sniff(probe) {
    const directory = await directoryOf(probe);
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
    const report = new PickleReport();
    const { value } = await readRecordPickle(directory, `${root}/data.pkl`, options, report);
    // It lies behind the pickle: what reads ahead has it by now.
    const byteOrder = await byteOrderOf(directory, root, signal);
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

/** The directory, or an error that says how much of a file without one is there. */
async function directoryOf(probe: Probe): Promise<ZipDirectory> {
  try {
    return await probe.zip();
  } catch (error) {
    if (!isStateDictError(error) || error.code !== "truncated") throw error;
    const { readCutShort } = await import("./cut_short.ts");
    const cut = await readCutShort(probe.source);
    throw cut === undefined ? error : isStateDictError(cut) ? cut : cut.error;
  }
}
