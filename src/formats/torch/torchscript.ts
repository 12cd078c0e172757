/**
 * TorchScript archives, as `torch.jit.save` writes them: the state of a module, and a program that
 * is not run here.
 *
 * Sources: `pickler.cpp`, `unpickler.cpp`, `export_module.cpp` and `import.cpp` in
 * `torch/csrc/jit/serialization` of 2.13.
 *
 * @module
 */

import { PyPersistent } from "../../pickle/values.ts";
import type { PyObject, PyValue } from "../../pickle/values.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import { PickleReport } from "../format.ts";
import type { Format } from "../format.ts";
import { archiveExtras, constantsNote, isInExtra } from "./archive_extras.ts";
import { readRecordPickle } from "./record_pickle.ts";
import { byteOrderOf, checkOneRoot, checkVersion, rootFolder, storageFinder } from "./records.ts";
import { torchReduce } from "./reduce.ts";
import { readParameterNames } from "./torchscript_code.ts";
import {
  isAllowedInTorchScript,
  isModule,
  markParameters,
  TYPE_TAG_REDUCERS,
} from "./torchscript_values.ts";

/** An archive with the state of a module in `data.pkl`, and the constants of its code beside it. */
export const TORCHSCRIPT: Format = {
  async sniff(probe) {
    const directory = await probe.zip();
    const root = rootFolder(directory);
    return root !== undefined && directory.find(`${root}/data.pkl`) !== undefined &&
      directory.find(`${root}/constants.pkl`) !== undefined;
  },

  async open(probe, options) {
    const { signal } = options;
    const directory = await probe.zip();
    const root = rootFolder(directory)!;
    checkOneRoot(directory, root);
    await checkVersion(directory, root, signal);
    const byteOrder = await byteOrderOf(directory, root, signal);

    const report = new PickleReport();
    const modules: PyObject[] = [];
    const finders = new Map<PyPersistent, Finder>();
    const values: PyValue[] = [];
    for (const name of pickleNames(directory, root)) {
      const folder = STORAGE_FOLDERS.get(name) ?? name;
      const find = storageFinder(directory, {
        record: (key) => `${root}/${folder}/${key}`,
        // The pickles count their storages apart.
        id: (key) => folder === "data" ? key : `${folder}/${key}`,
        byteOrder,
      });
      const pickle = await readRecordPickle(directory, `${root}/${name}.pkl`, options, report, {
        watch(met) {
          if (met instanceof PyPersistent) finders.set(met, find);
          else if (isModule(met)) modules.push(met);
        },
      });
      values.push(pickle.value);
    }
    const [value = null, constants = null] = values;
    const { metadata, warnings } = await archiveExtras(directory, root, isInExtra, signal);
    const parameters = await readParameterNames(directory, root, modules, signal);
    return {
      format: "torchscript",
      compression: "none",
      value,
      constants,
      reduce: await torchReduce(report.globals, {
        persistent: (persistent) => finders.get(persistent)?.(persistent),
        otherCall: (object, context) => markParameters(object, parameters.names, context),
        more: [TYPE_TAG_REDUCERS, options.reducers ?? []],
      }),
      globals: report.globals,
      anomalies: report.anomalies,
      allows: isAllowedInTorchScript,
      metadata,
      warnings: [...warnings, ...constantsNote(constants), ...parameters.warnings],
      close: () => probe.source.close(),
    };
  },
};

type Finder = ReturnType<typeof storageFinder>;

/** Where the storages of a pickle lie, if that is no folder of its own name. */
const STORAGE_FOLDERS: ReadonlyMap<string, string> = new Map([["bytecode", "constants"]]);

/** The pickles of the archive without their ending: the state, the constants, then all others. */
function pickleNames({ entries }: ZipDirectory, root: string): Set<string> {
  const names = new Set(["data", "constants"]);
  for (const { name } of entries) {
    const short = name.slice(root.length + 1);
    if (short.endsWith(".pkl") && !short.includes("/")) names.add(short.slice(0, -4));
  }
  return names;
}
