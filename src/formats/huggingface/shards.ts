/**
 * The files of a sharded checkpoint: opened by the index, several at a time, or not at all.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import { checkAborted } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { quoted } from "../../text/quoted.ts";
import type { FormatOptions, Opened, OpenedShard } from "../format.ts";
import { openSource } from "../open.ts";

/** Files opened at the same time: over a network each costs a round trip or two. */
const AT_ONCE = 8;

/** Formats of which shards are. */
const SHARD_FORMATS: ReadonlySet<string> = new Set([
  "safetensors",
  "torch-zip",
  "torch-legacy",
  "torch-tar",
]);

/** Opens a file beside the index. */
export type OpenSibling = (name: string) => Promise<ByteSource>;

/** Opens the files; if one fails, the others are closed again. */
export async function openShards(
  names: readonly string[],
  sibling: OpenSibling,
  options: FormatOptions,
): Promise<OpenedShard[]> {
  const shards: OpenedShard[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    checkAborted(options.signal);
    const results = await Promise.allSettled(
      names.slice(at, at + AT_ONCE).map((name) => openShard(name, sibling, options)),
    );
    for (const result of results) if (result.status === "fulfilled") shards.push(result.value);
    const failed = results.find((result) => result.status === "rejected");
    if (!failed) continue;
    await closeShards(shards);
    throw failed.reason;
  }
  return shards;
}

/** Gives back every handle. */
export async function closeShards(shards: readonly OpenedShard[]): Promise<void> {
  for (const { opened } of shards) await opened.close();
}

async function openShard(
  name: string,
  sibling: OpenSibling,
  options: FormatOptions,
): Promise<OpenedShard> {
  const source = await findShard(name, sibling);
  const { sibling: _, ...rest } = options; // a shard leads to no further files
  const { size } = source;
  const opened = await openSource(source, rest);
  if (SHARD_FORMATS.has(opened.format)) return { name, size, opened };
  await opened.close();
  throw new StateDictError(
    "corrupt",
    `The shard ${quoted(name)} is a file of the format ${opened.format}`,
    { path: source.name, hint: "shards are safetensors or PyTorch files" },
  );
}

async function findShard(name: string, sibling: OpenSibling): Promise<ByteSource> {
  try {
    return await sibling(name);
  } catch (error) {
    if (!isStateDictError(error) || error.code !== "not-found") throw error;
    throw new StateDictError("corrupt", `The shard ${quoted(name)} is missing`, {
      hint: "get it too, into the same folder",
      cause: error,
    });
  }
}

/** The metadata on which all shards agree. */
export function commonMetadata(shards: readonly Opened[]): Map<string, string> {
  const [first, ...others] = shards;
  const common = new Map(first?.metadata);
  for (const [key, value] of common) {
    if (others.some(({ metadata }) => metadata.get(key) !== value)) common.delete(key);
  }
  return common;
}
