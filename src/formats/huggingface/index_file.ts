/**
 * The index of a sharded checkpoint: `*.index.json`, which says what tensor is in what file.
 *
 * `{"metadata": {"total_size": bytes}, "weight_map": {tensor: file}}`, the files beside it.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { jsonText } from "../../text/json.ts";
import type { JsonValue } from "../../text/json.ts";
import { parseJson } from "../../text/json_parse.ts";
import { quoted } from "../../text/quoted.ts";
import { decodeUtf8 } from "../../text/utf8.ts";

/** Bytes of an index that are read: half a million tensors. */
export const MAX_INDEX: number = 2 ** 26;

/** Where the map begins at the latest: what may stand before it is small. */
const MAP_BEFORE = 2 ** 16;

/** An index, read and checked. */
export interface ShardIndex {
  /** Which file each tensor is in, in the order of the index. */
  readonly weights: ReadonlyMap<string, string>;
  /** Bytes of all tensors, if the index says so. */
  readonly totalSize: number | undefined;
  /** What else it says, as text. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Whether a JSON file is an index. */
export async function isIndex(source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  const head = await readBytes(source, 0, Math.min(source.size, MAP_BEFORE), signal);
  return new TextDecoder().decode(head).includes('"weight_map"');
}

/** Reads an index. */
export async function readIndex(source: ByteSource, signal?: AbortSignal): Promise<ShardIndex> {
  if (source.size > MAX_INDEX) {
    throw new StateDictError("limit", `The index has ${source.size} bytes, more than ${MAX_INDEX}`);
  }
  const bytes = await readBytes(source, 0, source.size, signal);
  const json = parseJson(decodeUtf8(bytes, { title: "The index", offset: 0 }));
  const map = json instanceof Map ? json.get("weight_map") as JsonValue : undefined;
  if (!(map instanceof Map)) throw corrupt("has no weight_map");
  const weights = new Map<string, string>();
  for (const [name, file] of map) {
    if (typeof file !== "string") throw corrupt(`names no file for the tensor ${quoted(name)}`);
    weights.set(name, file);
  }
  if (weights.size === 0) throw corrupt("names no tensor");
  return { weights, ...metadataOf((json as Map<string, JsonValue>).get("metadata")) };
}

function metadataOf(json: JsonValue | undefined): Pick<ShardIndex, "totalSize" | "metadata"> {
  const metadata = new Map<string, string>();
  let totalSize: number | undefined;
  for (const [key, value] of json instanceof Map ? json as Map<string, JsonValue> : []) {
    if (key === "total_size" && typeof value === "number") totalSize = value;
    else metadata.set(key, typeof value === "string" ? value : jsonText(value));
  }
  return { totalSize, metadata };
}

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", `The index ${what}`);
}
