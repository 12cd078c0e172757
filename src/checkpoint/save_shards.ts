/**
 * Saves a checkpoint as several files with an index, as Hugging Face's libraries do.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { indexText, planShards, shardName } from "../formats/huggingface/plan.ts";
import type { Sized } from "../formats/huggingface/plan.ts";
import type {
  ArrayPlan,
  FormatWriteOptions,
  FormatWriter,
  LeftOut,
  WriteInput,
  WriteReport,
} from "../formats/writer.ts";
import type { ByteSink } from "../io/sink.ts";
import { commitAll, writeBytes } from "../io/sink.ts";
import type { Storage } from "../tensor/storage.ts";
import { withParts } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { OutputFiles } from "./output.ts";
import { stateDictValue } from "./state_dict.ts";
import { writeInput } from "./write_input.ts";

/** What goes into which file. */
export interface ShardPlan {
  /** The files' paths; one alone has no index. */
  readonly paths: readonly string[];
  /** The index, if there is one. */
  readonly index: string | null;
  /** Names of the tensors of each file. */
  readonly names: readonly (readonly string[])[];
  /** Bytes of tensors in all. */
  readonly total: number;
  /** Names that only point at another tensor. */
  readonly tied: ReadonlyMap<string, string>;
  /** What is in none of the files. */
  readonly left: readonly LeftOut[];
}

/** Spreads the tensors over files of at most so many bytes of weights; nothing is read. */
export function planFiles(
  writer: FormatWriter,
  input: WriteInput,
  path: string,
  maxShardSize: number,
): ShardPlan {
  if (!(maxShardSize >= 1)) {
    throw new StateDictError("usage", `Shards of ${maxShardSize} bytes hold nothing`);
  }
  const plan = writer.plan?.(input);
  const { tensors, others } = input.catalogue();
  const shards = planShards(plan ? arrayGroups(plan) : storageGroups(tensors), maxShardSize);
  const total = shards.flat().reduce((sum, { nbytes }) => sum + nbytes, 0);
  const names = shards.map((shard) => shard.flatMap((group) => group.names));
  const tied = plan?.tied ?? new Map<string, string>();
  if (shards.length <= 1) {
    return { paths: [path], index: null, names, total, tied, left: plan?.left ?? [] };
  }
  const [ending] = /\.[^./\\]*$/.exec(path) ?? [""];
  const stem = path.slice(0, path.length - ending.length);
  const paths = shards.map((_, i) => shardName(stem, ending, i + 1, shards.length));
  return { paths, index: `${path}.index.json`, names, total, tied, left: plan?.left ?? others };
}

/**
 * Writes `model-00001-of-00003.safetensors` … and `model.safetensors.index.json`; one plain file if
 * everything fits into one. All files appear when all are written, the index last.
 */
export async function saveShards(
  writer: FormatWriter,
  input: WriteInput,
  path: string,
  output: OutputFiles,
  maxShardSize: number,
  options: FormatWriteOptions,
): Promise<WriteReport> {
  const plan = planFiles(writer, input, path, maxShardSize);
  const { paths, index, names, tied, left } = plan;
  for (const file of [...paths, ...index === null ? [] : [index]]) await output.check(file);
  const { tensors } = input.catalogue();
  const sinks: ByteSink[] = [];
  const open = async (path: string): Promise<ByteSink> => {
    const sink = await output.open(path);
    sinks.push(sink);
    return sink;
  };
  try {
    if (index === null) {
      const report = await writer.write(input, await open(paths[0]!), options);
      await sinks[0]!.commit();
      return report;
    }
    const weights = new Map<string, string>();
    for (const [i, path] of paths.entries()) {
      const part = new Map<string, Tensor>();
      for (const name of names[i]!) part.set(name, tensors.get(name)!);
      const facts = { ...writeInput(stateDictValue(part)), origin: input.origin };
      await writer.write({ ...facts, metadata: input.metadata }, await open(path), options);
      const file = path.replace(/^.*[/\\]/, "");
      for (const name of part.keys()) if (!tied.has(name)) weights.set(name, file);
    }
    const indexSink = await open(index);
    await writeBytes(indexSink, new TextEncoder().encode(indexText(weights, plan.total, tied)));
    // A half-replaced set must not be read as a whole one, should the program be killed meanwhile.
    await commitAll(sinks, await output.remover(index));
    return { left, index };
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
}

/** Each tensor alone, but for those that are one and the same. */
function arrayGroups({ arrays, tied }: ArrayPlan): Sized[] {
  const names = new Map(arrays.map(({ name }) => [name, [name]]));
  for (const [name, kept] of tied) names.get(kept)!.push(name);
  return arrays.map(({ name, tensor }) => ({ names: names.get(name)!, nbytes: tensor.nbytes }));
}

/** Tensors that share a storage must stay in one file. */
function storageGroups(tensors: ReadonlyMap<string, Tensor>): Sized[] {
  const groups = new Set<{ names: string[]; nbytes: number }>();
  const byStorage = new Map<Storage, { names: string[]; nbytes: number }>();
  for (const [name, tensor] of tensors) {
    const storages = [...withParts(tensor)].flatMap(({ storage }) => storage ?? []);
    const shared = storages.find((storage) => byStorage.has(storage));
    const group = shared ? byStorage.get(shared)! : { names: [], nbytes: 0 };
    groups.add(group);
    group.names.push(name);
    for (const storage of storages) {
      if (byStorage.has(storage)) continue;
      byStorage.set(storage, group);
      group.nbytes += storage.nbytes;
    }
  }
  return [...groups];
}
