/**
 * The zip container that `torch.save` writes since 1.6.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { DEFAULT_PICKLE_LIMITS } from "../../pickle/limits.ts";
import { parsePickle } from "../../pickle/read.ts";
import { readMember } from "../../zip/member.ts";
import { PickleReport } from "../format.ts";
import type { Format } from "../format.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { byteOrderOf, checkOneRoot, checkVersion, rootFolder, storageFinder } from "./records.ts";
import { torchReduce } from "./reduce.ts";

/** An archive with one `data.pkl` and the storages it names. */
export const TORCH_ZIP: Format = {
  async sniff(probe) {
    const directory = await probe.zip();
    const root = rootFolder(directory);
    return root !== undefined && directory.find(`${root}/data.pkl`) !== undefined;
  },

  async open(probe, options) {
    const { signal } = options;
    const directory = await probe.zip();
    const root = rootFolder(directory)!;
    checkOneRoot(directory, root);
    await checkVersion(directory, root, signal);
    const byteOrder = await byteOrderOf(directory, root, signal);
    const member = `${root}/data.pkl`;
    const bytes = await readMember(directory, directory.find(member)!, {
      limit: options.limits?.bytes ?? DEFAULT_PICKLE_LIMITS.bytes,
      ...(signal ? { signal } : {}),
    });
    const report = new PickleReport();
    let pickle;
    try {
      pickle = parsePickle(bytes, options);
    } catch (error) {
      if (error instanceof StateDictError) error.member ??= member;
      throw error;
    }
    report.add(pickle, member);
    const find = storageFinder(directory, { record: (key) => `${root}/data/${key}`, byteOrder });
    return {
      format: "torch-zip",
      compression: "none",
      value: pickle.value,
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
