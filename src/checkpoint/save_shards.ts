/**
 * Saves a checkpoint as several files with an index, as Hugging Face's libraries do.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { indexText, planShards, shardName } from "../formats/huggingface/plan.ts";
import type {
  FormatWriteOptions,
  FormatWriter,
  LeftOut,
  WriteInput,
  WriteReport,
} from "../formats/writer.ts";
import type { ByteSink } from "../io/sink.ts";
import { writeBytes } from "../io/sink.ts";
import type { Storage } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { stateDictValue } from "./state_dict.ts";
import { writeInput } from "./write_input.ts";

/** Tensors that must stay in one file: those that share a storage. */
interface Group {
  readonly names: string[];
  nbytes: number;
}

/** Where shards go. */
export interface ShardOutput {
  /** The path that a single file would have, such as `model.safetensors`. */
  readonly path: string;
  /** Opens a file. */
  readonly open: (path: string) => Promise<ByteSink>;
}

/**
 * Writes `model-00001-of-00003.safetensors` … and `model.safetensors.index.json`; one plain file if
 * everything fits into one. All files appear when all are written, the index last.
 */
export async function saveShards(
  writer: FormatWriter,
  input: WriteInput,
  output: ShardOutput,
  maxShardSize: number,
  options: FormatWriteOptions,
): Promise<WriteReport> {
  if (!(maxShardSize >= 1)) {
    throw new StateDictError("usage", `Shards of ${maxShardSize} bytes hold nothing`);
  }
  const { tensors, others } = input.catalogue();
  const shards = planShards(groupsOf(tensors), maxShardSize);
  const sinks: ByteSink[] = [];
  const open = async (path: string): Promise<ByteSink> => {
    const sink = await output.open(path);
    sinks.push(sink);
    return sink;
  };
  try {
    if (shards.length <= 1) {
      const report = await writer.write(input, await open(output.path), options);
      await sinks[0]!.commit();
      return report;
    }
    const left: LeftOut[] = [...others];
    const dot = output.path.lastIndexOf(".");
    const stem = output.path.slice(0, dot);
    const weights = new Map<string, string>();
    let total = 0;
    for (const [i, shard] of shards.entries()) {
      const path = shardName(stem, output.path.slice(dot), i + 1, shards.length);
      const part = new Map<string, Tensor>();
      for (const { names, nbytes } of shard) {
        total += nbytes;
        for (const name of names) part.set(name, tensors.get(name)!);
      }
      const facts = { ...writeInput(stateDictValue(part)), origin: input.origin };
      const report = await writer.write(
        { ...facts, metadata: input.metadata },
        await open(path),
        options,
      );
      const gone = new Set(report.left.map(({ path }) => path));
      left.push(...report.left);
      const name = path.replace(/^.*[/\\]/, "");
      for (const key of part.keys()) if (!gone.has(key)) weights.set(key, name);
    }
    const index = `${output.path}.index.json`;
    const indexSink = await open(index);
    await writeBytes(indexSink, new TextEncoder().encode(indexText(weights, total)));
    for (const sink of sinks) await sink.commit();
    return { left, index };
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
}

function groupsOf(tensors: ReadonlyMap<string, Tensor>): Group[] {
  const groups: Group[] = [];
  const byStorage = new Map<Storage, Group>();
  for (const [name, tensor] of tensors) {
    const { storage } = tensor;
    let group = storage ? byStorage.get(storage) : undefined;
    if (!group) {
      group = { names: [], nbytes: storage?.nbytes ?? 0 };
      groups.push(group);
      if (storage) byStorage.set(storage, group);
    }
    group.names.push(name);
  }
  return groups;
}
