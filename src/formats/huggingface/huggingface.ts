/**
 * Sharded checkpoints as Hugging Face's libraries save them: an index and the files that it names.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { ByteSource } from "../../io/source.ts";
import type { FolderFormat, Format, FormatOptions, Opened } from "../format.ts";
import { isJson } from "../sniff.ts";
import { chooseIndex } from "./choose.ts";
import { isIndex, readIndex } from "./index_file.ts";
import { joinShards } from "./join.ts";
import { closeShards, commonMetadata, openShards } from "./shards.ts";
import type { OpenSibling } from "./shards.ts";

/** The index, opened as a file. */
export const HF_INDEX: Format = {
  sniff: async ({ head, source }) => isJson(head) && await isIndex(source),

  async open({ source }, options) {
    if (options.sibling) return await openIndex(source, options.sibling, options);
    throw new StateDictError("unsupported", "The index leads to files that can't be reached", {
      hint: "open it by its path, or open the shards one by one",
    });
  },
};

/** A folder with an index in it. */
export const HF_FOLDER: FolderFormat = {
  async open(folder, options) {
    const { name, warnings } = chooseIndex(folder.names);
    const source = await folder.open(name);
    try {
      const opened = await openIndex(source, (file) => folder.open(file), options);
      return {
        ...opened,
        size: source.size,
        leads: [name],
        warnings: [...warnings, ...opened.warnings],
      };
    } catch (error) {
      await source.close();
      throw error;
    }
  },
};

async function openIndex(
  source: ByteSource,
  sibling: OpenSibling,
  options: FormatOptions,
): Promise<Opened> {
  const index = await readIndex(source, options.signal);
  const shards = await openShards([...new Set(index.weights.values())], sibling, options);
  try {
    const { value, reduce, warnings } = joinShards(index, shards);
    const opened = shards.map((shard) => shard.opened);
    const safe = opened.every(({ format }) => format === "safetensors");
    return {
      format: safe ? "hf-sharded-safetensors" : "hf-sharded-bin",
      compression: "none",
      listing: true,
      shards,
      value,
      reduce,
      globals: [],
      anomalies: [],
      metadata: new Map([...commonMetadata(opened), ...index.metadata]),
      warnings: [...warnings, ...opened.flatMap((shard) => shard.warnings)],
      async close() {
        await closeShards(shards);
        await source.close();
      },
    };
  } catch (error) {
    await closeShards(shards);
    throw error;
  }
}
