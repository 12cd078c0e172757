/**
 * Saves checkpoints: whole files, edited ones, or tensors that a program made.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { findWriter, WRITERS } from "../formats/writer.ts";
import type { FormatWriteOptions, LeftOut, WriteReport, WriterRow } from "../formats/writer.ts";
import { commitAll } from "../io/sink.ts";
import type { ByteSink } from "../io/sink.ts";
import type { PyValue } from "../pickle/values.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { quoted } from "../text/quoted.ts";
import { Checkpoint } from "./checkpoint.ts";
import { outputFiles, pathOf, toSink } from "./output.ts";
import type { Output } from "./output.ts";
import { stateDictValue } from "./state_dict.ts";
import { metadataLeft, writeInput } from "./write_input.ts";

/** How a file is saved. */
export interface SaveOptions {
  /** The format's word, such as `pt`; by default what the output's name ends in. */
  readonly format?: string;
  /** Replace a file that is there. */
  readonly force?: boolean;
  /** Pickle protocol: 2 by default, as `torch.save` writes. */
  readonly protocol?: number;
  /** Bytes of weights a shard may have: more of them become several files with an index. */
  readonly maxShardSize?: number;
  /** The codec, for formats that can be compressed: `deflate` for npz, `zlib` or `gzip` for joblib. */
  readonly compress?: string;
  /** JSON without tags: what it can't say is left out, and reported. */
  readonly plain?: boolean;
  /**
   * Checkpoints whose files must stay together: an output that would replace one of several files
   * of theirs is refused. The one that is saved is always among them.
   */
  readonly keep?: readonly Checkpoint[];
  /** Told of every block of weights that is written. */
  readonly progress?: (bytes: number) => void;
  /** Ends the work when it fires; nothing is left of the output then. */
  readonly signal?: AbortSignal;
}

/**
 * Saves an open checkpoint, or a value tree with tensors in it. Weights are copied in blocks: the
 * memory it takes doesn't grow with the file. A file appears whole or not at all.
 *
 * @throws `exists` if the output is there and `force` isn't set.
 *
 * @example
 * ```ts
 * import { openCheckpoint, saveCheckpoint } from "@statedict/statedict";
 *
 * await using checkpoint = await openCheckpoint("fixtures/torch/checkpoint.pt");
 * const out = new TransformStream<Uint8Array, Uint8Array>();
 * const size = new Response(out.readable).arrayBuffer();
 * await saveCheckpoint(out.writable, checkpoint, { format: "pt" });
 * console.log((await size).byteLength);
 * ```
 */
export async function saveCheckpoint(
  output: Output,
  input: Checkpoint | PyValue,
  options: SaveOptions = {},
): Promise<WriteReport> {
  const { writer, prepared, dropped, files } = await prepare(output, input, options);
  const path = pathOf(output);
  const writeOptions = writerOptions(output, options);
  const { maxShardSize } = options;
  if (maxShardSize !== undefined) {
    const { saveShards } = await import("./save_shards.ts");
    const whole = shardedPath(path);
    const report = await saveShards(writer, prepared, whole, files, maxShardSize, writeOptions);
    return { ...report, left: [...dropped, ...report.left] };
  }
  if (path !== undefined) {
    for (const ending of ["", writer.beside ?? ""]) await files.check(`${path}${ending}`);
  }
  const sinks: ByteSink[] = [await toSink(output, options.force ?? false)];
  const beside = async (): Promise<ByteSink> => {
    const sink = await files.open(`${path}${writer.beside}`);
    sinks.push(sink);
    return sink;
  };
  try {
    const { left } = await writer.write(prepared, sinks[0]!, {
      ...writeOptions,
      ...(path === undefined ? {} : { beside }),
    });
    await commitAll(sinks);
    return { left: [...dropped, ...left] };
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
}

/** What saving would do. */
export interface SavePlan {
  /** The files that it would write. */
  readonly files: readonly string[];
  /** Bytes of weights that it would write, before compression. */
  readonly bytes: number;
  /** What the format can't hold, as far as that shows without reading the weights. */
  readonly left: readonly LeftOut[];
}

/**
 * What `saveCheckpoint` would do with a path and the same options; nothing is read or written.
 *
 * @throws `exists`, `unsupported` or `usage`, as saving would before its first byte.
 */
export async function planSave(
  output: string,
  input: Checkpoint | PyValue,
  options: SaveOptions = {},
): Promise<SavePlan> {
  const { writer, prepared, dropped, files } = await prepare(output, input, options);
  const { planFiles } = await import("./save_shards.ts");
  const { paths, index, left, total: bytes } = planFiles(
    writer,
    prepared,
    output,
    options.maxShardSize ?? Infinity,
  );
  const besides = writer.beside === undefined ? [] : [`${output}${writer.beside}`];
  const all = [...paths, ...index === null ? [] : [index], ...besides];
  for (const path of all) await files.check(path);
  return { files: all, bytes, left: [...dropped, ...left] };
}

async function prepare(output: Output, input: Checkpoint | PyValue, options: SaveOptions) {
  const row = writerFor(output, options.format);
  checkOptions(row, options);
  const writer = await row.load();
  const prepared = writeInput(input);
  const dropped = metadataLeft(prepared.metadata, row);
  if (row.holds === "values") dropped.push(...prepared.left ?? []);
  const { keep = [], force = false } = options;
  const files = outputFiles(force, input instanceof Checkpoint ? [...keep, input] : keep);
  return { writer, prepared, dropped, files };
}

function shardedPath(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new StateDictError("usage", "Shards need a path, since they are several files");
}

function writerOptions(output: Output, options: SaveOptions): FormatWriteOptions {
  const { protocol, plain, compress, progress, signal } = options;
  return {
    ...stemOf(output),
    ...(protocol === undefined ? {} : { protocol }),
    ...(plain === undefined ? {} : { plain }),
    ...(compress === undefined ? {} : { compress }),
    ...(progress ? { progress } : {}),
    ...(signal ? { signal } : {}),
  };
}

function checkOptions(row: WriterRow, { compress, maxShardSize }: SaveOptions): void {
  if (compress !== undefined && !row.compress.includes(compress)) {
    throw new StateDictError("usage", `${row.name} can't be compressed with ${quoted(compress)}`, {
      hint: row.compress.length > 0 ? `use ${row.compress.join(" or ")}` : "leave it out",
    });
  }
  if (maxShardSize !== undefined && !row.shards) {
    throw new StateDictError("usage", `There are no shards of ${row.name}`, {
      hint: "write pt or safetensors",
    });
  }
}

/**
 * Saves tensors by name, in the map's order, as PyTorch saves a `state_dict()`.
 *
 * @example
 * ```ts
 * import { loadStateDict, saveStateDict } from "@statedict/statedict";
 *
 * const weights = await loadStateDict("fixtures/torch/checkpoint.pt", { root: "model" });
 * weights.delete("fc2.bias");
 * const out = new TransformStream<Uint8Array, Uint8Array>();
 * const bytes = new Response(out.readable).bytes();
 * await saveStateDict(out.writable, weights, { format: "pt" });
 * console.log((await loadStateDict(await bytes)).size);
 * ```
 */
export function saveStateDict(
  output: Output,
  tensors: ReadonlyMap<string, Tensor>,
  options: SaveOptions = {},
): Promise<WriteReport> {
  return saveCheckpoint(output, stateDictValue(tensors), options);
}

/** The writer of a format's word, or of what the output's name ends in. */
export function writerFor(output: Output, format: string | undefined): WriterRow {
  const path = pathOf(output);
  const row = findWriter(format ?? path ?? "");
  if (row) return row;
  const words = WRITERS.map(({ name }) => name).join(", ");
  throw new StateDictError(
    "usage",
    format === undefined
      ? "The output's name doesn't tell its format"
      : `${JSON.stringify(format)} is no format that can be written`,
    { ...(path === undefined ? {} : { path }), hint: `formats are ${words}` },
  );
}

/** PyTorch names the archive's folder after the file; other names than plain ones become `archive`. */
function stemOf(output: Output): { stem: string } | Record<string, never> {
  const name = pathOf(output)?.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "") ?? "";
  return /^[\w.-]+$/.test(name) ? { stem: name } : {};
}
