/**
 * Where a file that is saved goes.
 *
 * @module
 */

import type { ByteSink } from "../io/sink.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { checkNotOwn } from "./own_files.ts";

/** Where a file goes: a path, a `file:` URL, a stream, or a sink of one's own. */
export type Output = string | URL | WritableStream<Uint8Array> | ByteSink;

/** The sink of an output. @throws `exists` if a file is there and `force` isn't set. */
export async function toSink(output: Output, force: boolean): Promise<ByteSink> {
  if (typeof output === "string" || output instanceof URL) {
    const { fileSink } = await import("../io/file_sink.ts");
    return fileSink(output, { force });
  }
  if (output instanceof WritableStream) {
    const { streamSink } = await import("../io/stream_sink.ts");
    return streamSink(output);
  }
  return output;
}

/** The path of an output that has one. */
export function pathOf(output: Output): string | undefined {
  return typeof output === "string" ? output : output instanceof URL ? output.pathname : undefined;
}

/** How the files of an output come about. */
export interface OutputFiles {
  /** Refuses a path that may not be written to. */
  check(path: string): Promise<void>;
  /** Opens a file. */
  open(path: string): Promise<ByteSink>;
  /** What takes away a file, if it is there. */
  remover(path: string): Promise<() => void>;
}

/** Files that replace others only by `force`, and never one of several that an input is made of. */
export function outputFiles(force: boolean, inputs: readonly Checkpoint[]): OutputFiles {
  return {
    async check(path) {
      await checkNotOwn(path, inputs);
      await (await import("../io/file_sink.ts")).checkTarget(path, { force });
    },
    open: (path) => toSink(path, force),
    remover: async (path) => (await import("../io/file.ts")).fileRemover(path),
  };
}
