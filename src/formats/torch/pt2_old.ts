/**
 * What `torch.export.save` wrote before it had an archive of its own: a plain zip with files of `torch.save` in it.
 *
 * Source: `torch/export/__init__.py` of 2.13, `load`.
 *
 * @module
 */

import type { PyValue } from "../../pickle/values.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import { memberSource } from "../../zip/member.ts";
import type { Format } from "../format.ts";
import { constantsNote } from "./archive_extras.ts";
import { NestedFiles } from "./nested_files.ts";

const PROGRAM = "serialized_exported_program.json";
const WEIGHTS = "serialized_state_dict";
const CONSTANTS = "serialized_constants";

/** Endings of the members that hold tensors. The oldest say JSON, but hold the same. */
const ENDINGS = [".pt", ".json"];

/** A zip with a program, and its weights beside it. */
export const TORCH_PT2_OLD: Format = {
  async sniff(probe) {
    const directory = await probe.zip();
    return directory.find(PROGRAM) !== undefined && memberOf(directory, WEIGHTS) !== undefined;
  },

  async open(probe, options) {
    const directory = await probe.zip();
    const nested = new NestedFiles(options);
    const read = async (name: string): Promise<PyValue> => {
      const member = memberOf(directory, name);
      if (member === undefined) return null;
      const { signal } = options;
      const entry = directory.find(member)!;
      return await nested.open(
        member,
        await memberSource(directory, entry, signal ? { signal } : {}),
      );
    };
    const value = await read(WEIGHTS);
    const constants = await read(CONSTANTS);
    return {
      format: "torch-pt2",
      compression: "none",
      value,
      constants,
      reduce: nested.reduce,
      globals: [],
      anomalies: [],
      shards: nested.shards,
      metadata: new Map(),
      warnings: constantsNote(nested.reduce(constants)),
      close: () => probe.source.close(),
    };
  },
};

function memberOf(directory: ZipDirectory, name: string): string | undefined {
  return ENDINGS.map((ending) => name + ending).find((member) => directory.find(member));
}
