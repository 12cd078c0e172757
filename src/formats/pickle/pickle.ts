/**
 * Plain pickles, and the pickles with arrays between the opcodes that joblib writes.
 *
 * @module
 */

import { makeReduce } from "../../pickle/reduce.ts";
import { PyView } from "../../pickle/view.ts";
import type { Format, FormatOptions, Opened } from "../format.ts";
import { loadReducers } from "../reducers.ts";
import { plainAnomalies } from "./anomalies.ts";
import { runsAsPickle, startsPickle } from "./sniff.ts";
import { readStream } from "./stream.ts";
import type { PickleStream } from "./stream.ts";
import type { TorchReduction } from "./torch.ts";

/** One pickle, or several one behind the other. */
export const PICKLE: Format = {
  sniff: ({ head, source }) => startsPickle(head) || runsAsPickle(head, source.size),

  async open({ source }, options) {
    const stream = await readStream(source, options);
    const { values, report, hasWrappers, behind } = stream;
    const several = values.length > 1;
    const { warnings = [], shards: nested = [], ...reduced } = await reduction(stream, options);
    const shards = [...stream.shards, ...nested];
    return {
      format: hasWrappers ? "joblib" : "pickle",
      compression: "none",
      listing: several,
      value: several ? new PyView("pickles", { list: values }) : values[0]!,
      ...reduced,
      globals: report.globals,
      anomalies: plainAnomalies(report.anomalies),
      metadata: new Map(),
      warnings: behind === 0
        ? warnings
        : [...warnings, `${behind} bytes stand behind the last pickle`],
      ...(shards.length > 0 ? { shards } : {}),
      close: () => source.close(),
    };
  },
};

/** What the nodes stand for. A pickle that names torch has its tensors read as torch's. */
async function reduction(
  { report, shards, storageLoads }: PickleStream,
  options: FormatOptions,
): Promise<Pick<Opened, "reduce"> & Partial<TorchReduction>> {
  const globals = [...report.globals, ...shards.flatMap(({ opened }) => opened.globals)];
  if (globals.some(({ module }) => module === "torch" || module.startsWith("torch."))) {
    return await (await import("./torch.ts")).torchReduction(
      globals,
      storageLoads,
      options,
    );
  }
  const tables = await loadReducers(globals);
  return { reduce: makeReduce({ calls: [...tables, options.reducers ?? []] }) };
}
