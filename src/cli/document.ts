/**
 * The JSON document of one file, as `inspect --json` prints it.
 *
 * @module
 */

import type { Checkpoint, Shard } from "../checkpoint/checkpoint.ts";
import { uniqueTensors } from "../checkpoint/outline.ts";
import { TorchStorage } from "../formats/torch/storages.ts";
import { describeTensor } from "./document_tensor.ts";
import type { DocumentOptions } from "./document_tensor.ts";
import { describeAttributes, describeKinds, describeValues } from "./document_values.ts";
import { describeStorage } from "./document_storage.ts";
import type { JsonValue } from "../text/json.ts";

/** Formats whose nodes may be of any class, so that the document says of which. */
const ANY_CLASS: ReadonlySet<string> = new Set(["pickle", "joblib"]);

/** What a listing leaves out. */
export interface Selection extends DocumentOptions {
  /** Whether a tensor is listed. */
  readonly keep?: (name: string) => boolean;
}

/** Describes an open checkpoint; `file` is the name that the user gave. */
export async function describeCheckpoint(
  file: string,
  checkpoint: Checkpoint,
  options: Selection = {},
): Promise<Map<string, JsonValue>> {
  const entries = [...checkpoint.outline()];
  const tensors: JsonValue[] = [];
  const storages: JsonValue[] = [];
  const { keep = () => true } = options;
  for (const entry of uniqueTensors(entries)) {
    if (keep(entry.path)) tensors.push(await describeTensor(entry, checkpoint.reduce, options));
  }
  for (const entry of entries) {
    if (entry.kind !== "leaf" || !(entry.value instanceof TorchStorage)) continue;
    storages.push(await describeStorage(entry.path, entry.value, options));
  }
  const constants: JsonValue[] = [];
  for (const [path, tensor] of checkpoint.constants) {
    constants.push(
      await describeTensor({ kind: "tensor", path, tensor }, checkpoint.reduce, options),
    );
  }
  const document = new Map<string, JsonValue>([
    ["file", file],
    ["format", checkpoint.format],
    ["size", checkpoint.size],
    ["compression", checkpoint.compression],
    ["tensors", tensors],
    ["values", await describeValues(entries, checkpoint.reduce, options)],
    ["globals", writtenNames(checkpoint.globals)],
    ["metadata", checkpoint.metadata],
  ]);
  if (checkpoint.shards.length > 0) document.set("shards", checkpoint.shards.map(describeShard));
  if (ANY_CLASS.has(checkpoint.format)) {
    const { kinds, omitted } = describeKinds(entries, checkpoint.listing);
    document.set("kinds", kinds);
    if (omitted > 0) document.set("kinds_omitted", omitted);
  }
  if (storages.length > 0) document.set("storages", storages);
  if (constants.length > 0) document.set("constants", constants);
  const attributes = describeAttributes(entries, checkpoint.reduce);
  if (attributes.size > 0) document.set("attributes", attributes);
  if (checkpoint.warnings.length > 0) document.set("warnings", checkpoint.warnings);
  return document;
}

function describeShard({ name, size, format, globals }: Shard): JsonValue {
  return { file: name, format, size, globals: writtenNames(globals) };
}

function writtenNames(globals: Checkpoint["globals"]): string[] {
  return [...new Set(globals.map((use) => use.written))];
}
