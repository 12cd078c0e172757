/**
 * What every format that can be written does here, and the table of them.
 *
 * @module
 */

import type { ByteSink } from "../io/sink.ts";
import type { PyValue } from "../pickle/values.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Everything in a tree by its path, for formats that hold arrays alone. */
export interface WriteCatalogue {
  /** The tensors, in order; tied names have the very same tensor. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** What is no tensor. */
  readonly others: readonly LeftOut[];
}

/** What is to be written. */
export interface WriteInput {
  /** The value graph: nodes of a file, or plain values with tensors in them. */
  readonly value: PyValue;
  /** What a node of it stands for. */
  readonly reduce: (value: PyValue) => PyValue;
  /** Text metadata, for formats that have a place for it. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The format that it was read from; null for a program's own values. */
  readonly origin: string | null;
  /** What isn't in the value already. */
  readonly left?: readonly LeftOut[];
  /** The tree as a flat list. */
  readonly catalogue: () => WriteCatalogue;
}

/** How it is written. */
export interface FormatWriteOptions {
  /** Pickle protocol, for formats that hold a pickle. */
  readonly protocol?: number;
  /** JSON without tags. */
  readonly plain?: boolean;
  /** The codec's word, for formats that can be compressed. */
  readonly compress?: string;
  /** The file's name without its extension: PyTorch names an archive's folder after it. */
  readonly stem?: string;
  /** Opens the second file of a format that has one. It is committed with the first. */
  readonly beside?: () => Promise<ByteSink>;
  /** Told of every block of weights that is written. */
  readonly progress?: (bytes: number) => void;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** What a writer did, beside writing. */
export interface WriteReport {
  /** What the format can't hold. */
  readonly left: readonly LeftOut[];
  /** The index, if it became several files: the one to open. */
  readonly index?: string;
}

/** Something that a format can't hold. */
export interface LeftOut {
  /** Its path. */
  readonly path: string;
  /** Why, in a few words. */
  readonly why: string;
}

/** What a format of arrays takes of a tree. */
export interface ArrayPlan {
  /** The tensors whose elements are written. */
  readonly arrays: readonly { readonly name: string; readonly tensor: Tensor }[];
  /** Names that only point at one of them. */
  readonly tied: ReadonlyMap<string, string>;
  /** What the format can't hold. */
  readonly left: readonly LeftOut[];
}

/** Writes one format into a sink, from its start; the caller commits. */
export interface FormatWriter {
  /** What would be written, for formats of arrays; nothing of the weights is read. */
  plan?(input: WriteInput): ArrayPlan;
  /** What a second file's name has more than the first one's, for formats of two files. */
  readonly beside?: string;
  /** Writes everything that the format can hold, and says what it can't. */
  write(input: WriteInput, sink: ByteSink, options: FormatWriteOptions): Promise<WriteReport>;
}

/** A row of the table. */
export interface WriterRow {
  /** The word of `--to`. */
  readonly name: string;
  /** Endings of file names that mean it. */
  readonly extensions: readonly string[];
  /** Whether it holds any value, or arrays by name. */
  readonly holds: "values" | "arrays";
  /** Whether it has a place for text metadata. */
  readonly metadata: boolean;
  /** Whether it can be split into shards with an index. */
  readonly shards: boolean;
  /** Codecs that it can be compressed with. */
  readonly compress: readonly string[];
  /** Loads the writer. */
  readonly load: () => Promise<FormatWriter>;
}

/** One line a format. */
export const WRITERS: readonly WriterRow[] = [
  row("pt", [".pt", ".pth", ".bin", ".ckpt"], {
    shards: true,
    load: async () => (await import("./torch/write.ts")).TORCH_WRITER,
  }),
  row("safetensors", [".safetensors"], {
    holds: "arrays",
    metadata: true,
    shards: true,
    load: async () => (await import("./safetensors/write.ts")).SAFETENSORS_WRITER,
  }),
  row("json", [".json"], {
    metadata: true,
    load: async () => (await import("./json/write.ts")).JSON_WRITER,
  }),
  row("pickle", [".pkl", ".pickle"], {
    load: async () => (await import("./pickle/write.ts")).PICKLE_WRITER,
  }),
  row("joblib", [".joblib"], {
    compress: ["zlib", "gzip"],
    load: async () => (await import("./joblib/write.ts")).JOBLIB_WRITER,
  }),
  row("npz", [".npz"], {
    holds: "arrays",
    compress: ["deflate"],
    load: async () => (await import("./numpy/npz_write.ts")).NPZ_WRITER,
  }),
  row("npy", [".npy"], {
    holds: "arrays",
    load: async () => (await import("./numpy/npz_write.ts")).NPY_WRITER,
  }),
  row("raw", [".raw"], {
    holds: "arrays",
    metadata: true,
    load: async () => (await import("./raw/write.ts")).RAW_WRITER,
  }),
];

function row(
  name: string,
  extensions: readonly string[],
  facts: Partial<WriterRow> & Pick<WriterRow, "load">,
): WriterRow {
  return {
    name,
    extensions,
    holds: "values",
    metadata: false,
    shards: false,
    compress: [],
    ...facts,
  };
}

/** The writer of a name, or of a file name's ending. */
export function findWriter(word: string): WriterRow | undefined {
  const lower = word.toLowerCase();
  return WRITERS.find((row) => row.name === lower) ??
    WRITERS.find((row) => row.extensions.some((extension) => lower.endsWith(extension)));
}
