/**
 * What every format that can be written does here, and the table of them.
 *
 * @module
 */

import type { ByteSink } from "../io/sink.ts";
import type { PyValue } from "../pickle/values.ts";

/** What is to be written. */
export interface WriteInput {
  /** The value graph: nodes of a file, or plain values with tensors in them. */
  readonly value: PyValue;
  /** What a node of it stands for. */
  readonly reduce: (value: PyValue) => PyValue;
  /** Text metadata, for formats that have a place for it. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** How it is written. */
export interface FormatWriteOptions {
  /** Pickle protocol, for formats that hold a pickle. */
  readonly protocol?: number;
  /** JSON without tags. */
  readonly plain?: boolean;
  /** The file's name without its extension: PyTorch names an archive's folder after it. */
  readonly stem?: string;
  /** Told of the bytes written so far. */
  readonly progress?: (done: number) => void;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** What a writer did, beside writing. */
export interface WriteReport {
  /** Paths of what the format can't hold, with why. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

/** Writes one format into a sink, from its start; the caller commits. */
export interface FormatWriter {
  /** Writes everything that the format can hold, and says what it can't. */
  write(input: WriteInput, sink: ByteSink, options: FormatWriteOptions): Promise<WriteReport>;
}

/** A row of the table. */
export interface WriterRow {
  /** The word of `--to`. */
  readonly name: string;
  /** Endings of file names that mean it. */
  readonly extensions: readonly string[];
  /** Loads the writer. */
  readonly load: () => Promise<FormatWriter>;
}

/** One line a format. */
export const WRITERS: readonly WriterRow[] = [
  {
    name: "pt",
    extensions: [".pt", ".pth", ".bin", ".ckpt"],
    load: async () => (await import("./torch/write.ts")).TORCH_WRITER,
  },
  {
    name: "json",
    extensions: [".json"],
    load: async () => (await import("./json/write.ts")).JSON_WRITER,
  },
];

/** The writer of a name, or of a file name's ending. */
export function findWriter(word: string): WriterRow | undefined {
  const lower = word.toLowerCase();
  return WRITERS.find((row) => row.name === lower) ??
    WRITERS.find((row) => row.extensions.some((extension) => lower.endsWith(extension)));
}
