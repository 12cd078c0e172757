/**
 * The command `inspect`: what is in a file.
 *
 * @module
 */

import type { JsonValue } from "../text/json.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** `statedict inspect FILE…`. */
export const command: Command = defineCommand({
  args: { files: { value: "FILE", many: true, help: "what to look into" } },
  options: {
    filter: {
      type: "string",
      short: "f",
      value: "GLOB",
      multiple: true,
      help: "only tensors whose name fits",
    },
    tree: { type: "boolean", help: "the tree of containers with what is in them" },
    values: { type: "boolean", help: "the values that are no tensors" },
    stats: {
      type: "boolean",
      help: "min, max, mean, std, NaN, Inf, zeros, and on a terminal a histogram",
    },
    sha256: { type: "boolean", help: "a digest of every tensor" },
    json: { type: "boolean", help: "one JSON document a file, each on a line" },
  },
  examples: [
    ["statedict inspect model.pt", "names, dtypes, shapes and sizes"],
    ["statedict inspect model.pt -f '**.bias' --stats", "the numbers of some"],
    ["statedict inspect hf://owner/repo/model.safetensors", "of a remote file, only its head"],
    ["statedict inspect *.pt --json | jq .format", "for a program"],
  ],
  async run({ args: { files }, options }, io) {
    let status: number = EXIT.fine;
    for (const file of files) {
      try {
        status = Math.max(status, await inspectFile(file, options, io));
      } catch (error) {
        const { failFile } = await import("./fail_file.ts");
        status = Math.max(status, failFile(file, error, options.json, io));
      }
    }
    return status;
  },
});

/** What the command line asks for. */
interface InspectOptions {
  readonly filter: string[];
  readonly tree: boolean;
  readonly values: boolean;
  readonly stats: boolean;
  readonly sha256: boolean;
  readonly json: boolean;
}

/** Shows a file and gives the exit status: a tensor that can't be read is a part that's missing. */
async function inspectFile(file: string, options: InspectOptions, io: Io): Promise<number> {
  await using checkpoint = await openInput(file, io);
  const keep = await nameFilter(options.filter);
  if (options.json) {
    const { describeCheckpoint } = await import("./document.ts");
    const { jsonText } = await import("../text/json.ts");
    const { sha256, stats } = options;
    const document = await describeCheckpoint(file, checkpoint, { keep, sha256, stats });
    io.stdout(`${jsonText(document)}\n`);
    const tensors = document.get("tensors") as ReadonlyMap<string, JsonValue>[];
    return tensors.some((tensor) => tensor.has("error")) ? EXIT.unreadable : EXIT.fine;
  }
  const { listCheckpoint } = await import("./listing.ts");
  const isWhole = await listCheckpoint(file, checkpoint, { ...options, keep }, io);
  return isWhole ? EXIT.fine : EXIT.unreadable;
}

/** Which names fit one of the globs; all of them if there is none. */
async function nameFilter(globs: readonly string[]): Promise<(name: string) => boolean> {
  if (globs.length === 0) return () => true;
  const { compileGlobs } = await import("../edit/glob.ts");
  return compileGlobs(globs);
}
