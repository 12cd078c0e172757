/**
 * Distributed checkpoints: a folder with a catalogue, and files of items that every process wrote.
 *
 * Source: `torch/distributed/checkpoint` of 2.13.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { PyValue } from "../../pickle/values.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { quoted } from "../../text/quoted.ts";
import { PickleReport } from "../format.ts";
import type { FolderFormat, FormatOptions, OpenedShard } from "../format.ts";
import { partOf } from "../part.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { blockStorage } from "./dcp_blocks.ts";
import { readCatalogues } from "./dcp_catalogues.ts";
import { checkBlocks } from "./dcp_chunks.ts";
import { DcpFiles } from "./dcp_files.ts";
import type { DcpBytes, DcpItem, DcpPlace, DcpTensor } from "./dcp_metadata.ts";
import { buildTree } from "./dcp_tree.ts";
import { NestedFiles } from "./nested_files.ts";

/** A folder with `.metadata`, or with such a file of each process. */
export const TORCH_DCP: FolderFormat = {
  async open(folder, options) {
    const { items, paths, names: leads, size, report, warnings } = await readCatalogues(
      folder,
      options,
    );
    const files = new DcpFiles();
    try {
      const places = placesOf(items);
      const names = new Set(places.map(({ file }) => file));
      await files.open(folder, names);
      const values = new Map<string, PyValue>();
      const nested = new NestedFiles(options);
      const reports = new Map<string, PickleReport>();
      for (const item of items) {
        values.set(
          item.name,
          item.chunks
            ? makeTensor(item, files, options)
            : await readValue(item, files, nested, reports),
        );
      }
      return {
        format: "torch-dcp",
        compression: "none",
        size,
        leads,
        value: buildTree(values, paths),
        reduce: nested.reduce,
        globals: report.globals,
        anomalies: report.anomalies,
        shards: [...names].map((name) => shardOf(name, files, reports)),
        metadata: new Map(),
        warnings: [...warnings, ...cutWarnings(places, files)],
        close: () => files.close(),
      };
    } catch (error) {
      await files.close();
      throw error;
    }
  },
};

function placesOf(items: readonly DcpItem[]): DcpPlace[] {
  return items.flatMap((item) => item.chunks ? item.chunks.map(({ place }) => place) : item.place);
}

/** The tensor as it is when it is loaded: row-major, and no parameter of anything. */
function makeTensor(item: DcpTensor, files: DcpFiles, options: FormatOptions): Tensor {
  checkBlocks(item);
  const { name, dtype, shape } = item;
  return new Tensor({ name, dtype, shape, storage: blockStorage(item, files, options) });
}

/** The value of an item that is no tensor; what its pickle says is noted under its file. */
async function readValue(
  { name, place }: DcpBytes,
  files: DcpFiles,
  nested: NestedFiles,
  reports: Map<string, PickleReport>,
): Promise<PyValue> {
  const value = await nested.open(name, await files.slice(place));
  const { opened } = nested.shards[nested.shards.length - 1]!;
  if (opened.format !== "torch-zip" && opened.format !== "torch-legacy") {
    throw new StateDictError(
      "corrupt",
      `${quoted(name)} is a file of the format ${opened.format}`,
      {
        member: place.file,
        offset: place.offset,
      },
    );
  }
  const report = reports.get(place.file) ?? new PickleReport();
  reports.set(place.file, report);
  for (const global of opened.globals) report.globals.push(global);
  for (const anomaly of opened.anomalies) report.anomalies.push(anomaly);
  return value;
}

function shardOf(
  name: string,
  files: DcpFiles,
  reports: ReadonlyMap<string, PickleReport>,
): OpenedShard {
  const report = reports.get(name) ?? new PickleReport();
  return partOf(name, files.size(name), "torch-zip", report, isAllowedInTorch);
}

function cutWarnings(places: readonly DcpPlace[], files: DcpFiles): string[] {
  const cut = new Set(places.filter((place) => !files.isWhole(place)).map(({ file }) => file));
  return [...cut].map((file) => {
    const inFile = places.filter((place) => place.file === file);
    const whole = inFile.filter((place) => files.isWhole(place)).length;
    return `${quoted(file)} is cut short: ${whole} of ${inFile.length} items are whole`;
  });
}
