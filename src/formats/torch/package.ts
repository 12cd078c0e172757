/**
 * The archives of `torch.package`: pickles in folders, their storages beside them, and Python
 * sources that are not run here.
 *
 * Source: `torch/package/package_exporter.py` and `package_importer.py` of 2.13.
 *
 * @module
 */

import { readBytes } from "../../io/source.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyTuple } from "../../pickle/values.ts";
import type { PyPersistent } from "../../pickle/values.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import { memberSource } from "../../zip/member.ts";
import { PickleReport } from "../format.ts";
import type { Format } from "../format.ts";
import { startsPickle } from "../pickle/sniff.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { archiveExtras } from "./archive_extras.ts";
import { readRecordPickle } from "./record_pickle.ts";
import { byteOrderOf, checkOneRoot, checkVersion, rootFolder, storageFinder } from "./records.ts";
import { torchReduce } from "./reduce.ts";
import { idText } from "./storages.ts";

/** Whatever else a package holds, it lists the modules that it leaves to its reader. */
const EXTERN_MODULES = ".data/extern_modules";

/** Where it keeps storages and facts about itself. */
const OWN_FOLDER = ".data/";

/** An archive with pickles of any names. */
export const TORCH_PACKAGE: Format = {
  async sniff(probe) {
    const directory = await probe.zip();
    const root = rootFolder(directory);
    return root !== undefined && directory.find(`${root}/${EXTERN_MODULES}`) !== undefined;
  },

  async open(probe, options) {
    const { signal } = options;
    const directory = await probe.zip();
    const root = rootFolder(directory)!;
    checkOneRoot(directory, root);
    await checkVersion(directory, root, signal);
    const find = storageFinder(directory, {
      record: (key) => `${root}/${OWN_FOLDER}${key}.storage`,
      byteOrder: await byteOrderOf(directory, root, signal),
    });
    const report = new PickleReport();
    const values = new PyDict();
    // Whatever lies in a folder and is neither a pickle nor the package's own is its maker's.
    const isResource = (name: string) =>
      name.includes("/") && !name.startsWith(OWN_FOLDER) && !values.has(name);
    for (const member of await pickleMembers(directory, root, signal)) {
      const { value } = await readRecordPickle(directory, member, options, report);
      values.set(member.slice(root.length + 1), value);
    }
    const [only] = values;
    const single = values.size === 1;
    return {
      format: "torch-package",
      compression: "none",
      listing: !single,
      value: single ? only![1] : values,
      reduce: await torchReduce(report.globals, {
        persistent: (persistent) => isPackageCall(persistent) ? undefined : find(persistent),
        more: options.reducers ? [options.reducers] : [],
      }),
      globals: report.globals,
      anomalies: report.anomalies,
      allows: isAllowedInTorch,
      ...await archiveExtras(directory, root, isResource, signal),
      close: () => probe.source.close(),
    };
  },
};

/** `("reduce_package", id, function, arguments)`: an object that only the package's code can make. */
function isPackageCall({ id }: PyPersistent): boolean {
  return id instanceof PyTuple && idText(id.items[0]) === "reduce_package";
}

/** Records that are pickles: their names may be any, so their first bytes tell. */
async function pickleMembers(
  directory: ZipDirectory,
  root: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const members: string[] = [];
  for (const entry of directory.entries) {
    const { name, size } = entry;
    if (size < 2 || name.startsWith(`${root}/${OWN_FOLDER}`) || name.endsWith(".py")) continue;
    const source = await memberSource(directory, entry, signal ? { signal } : {});
    if (startsPickle(await readBytes(source, 0, 2, signal))) members.push(name);
  }
  return members;
}
