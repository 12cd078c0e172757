/**
 * How a large model is spread over files, and their index: as Hugging Face's libraries do it.
 *
 * @module
 */

import { compareText } from "../../text/order.ts";

/** A thing that goes into one file as a whole: a tensor, or several that share a storage. */
export interface Sized {
  /** Names of the tensors. */
  readonly names: readonly string[];
  /** Bytes that they take together. */
  readonly nbytes: number;
}

/** Fills files in order, each up to `limit` bytes; what is larger has a file of its own. */
export function planShards<T extends Sized>(items: readonly T[], limit: number): T[][] {
  const shards: T[][] = [];
  let shard: T[] = [];
  let size = 0;
  for (const item of items) {
    if (item.nbytes > limit) {
      shards.push([item]);
      continue;
    }
    if (size + item.nbytes > limit && shard.length > 0) {
      shards.push(shard);
      shard = [];
      size = 0;
    }
    shard.push(item);
    size += item.nbytes;
  }
  if (shard.length > 0) shards.push(shard);
  return shards;
}

/** The name of a shard, such as `model-00001-of-00003.safetensors`; the first is number 1. */
export function shardName(
  stem: string,
  extension: string,
  number: number,
  count: number,
): string {
  const digits = (value: number) => String(value).padStart(5, "0");
  return `${stem}-${digits(number)}-of-${digits(count)}${extension}`;
}

/**
 * The text of an index: two blanks a level and keys in order, as `json.dumps` gives it there. Names
 * of tied tensors go into its metadata, as huggingface_hub's `save_torch_state_dict` has them.
 */
export function indexText(
  weights: ReadonlyMap<string, string>,
  totalSize: number,
  tied: ReadonlyMap<string, string> = new Map(),
): string {
  const facts = new Map([["total_size", String(totalSize)]]);
  for (const [name, kept] of tied) if (!facts.has(name)) facts.set(name, ascii(kept));
  const files = new Map([...weights].map(([name, file]) => [name, ascii(file)]));
  return `{\n  "metadata": ${members(facts)},\n  "weight_map": ${members(files)}\n}\n`;
}

function members(values: ReadonlyMap<string, string>): string {
  if (values.size === 0) return "{}";
  const names = [...values.keys()].sort(compareText);
  return `{\n${names.map((name) => `    ${ascii(name)}: ${values.get(name)}`).join(",\n")}\n  }`;
}

/** JSON of text in ASCII only, as Python writes it. */
function ascii(value: string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
