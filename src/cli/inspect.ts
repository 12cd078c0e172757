/**
 * The command `inspect`: what is in a file.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { JsonValue } from "../text/json.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import type { ListingOptions } from "./listing.ts";
import type { SecondHand } from "./second_hand.ts";

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
  const hand = await handFor(file, checkpoint, options, keep, io);
  const selection = { ...options, keep, ...(hand ? { known: hand.answers } : {}) };
  try {
    return await show(file, checkpoint, selection, io) ? EXIT.fine : EXIT.unreadable;
  } finally {
    hand?.end();
  }
}

/** Whether all that was to be read could be. */
async function show(
  file: string,
  checkpoint: Checkpoint,
  selection: InspectOptions & ListingOptions,
  io: Io,
): Promise<boolean> {
  if (!selection.json) {
    const { listCheckpoint } = await import("./listing.ts");
    return await listCheckpoint(file, checkpoint, selection, io);
  }
  const { describeCheckpoint } = await import("./document.ts");
  const { jsonText } = await import("../text/json.ts");
  const document = await describeCheckpoint(file, checkpoint, selection);
  io.stdout(`${jsonText(document)}\n`);
  const tensors = document.get("tensors") as ReadonlyMap<string, JsonValue>[];
  return !tensors.some((tensor) => tensor.has("error"));
}

/** A second thread, if the tensors' bytes are to be read. */
async function handFor(
  file: string,
  checkpoint: Checkpoint,
  { stats, sha256 }: InspectOptions,
  keep: (name: string) => boolean,
  io: Io,
): Promise<SecondHand<"sha256" | "stats"> | undefined> {
  if (!stats && !sha256) return undefined;
  const { secondHand } = await import("./second_hand.ts");
  const asked = [...(stats ? ["stats" as const] : []), ...(sha256 ? ["sha256" as const] : [])];
  return await secondHand(checkpoint, { file, io, asked, keep });
}

/** Which names fit one of the globs; all of them if there is none. */
async function nameFilter(globs: readonly string[]): Promise<(name: string) => boolean> {
  if (globs.length === 0) return () => true;
  const { compileGlobs } = await import("../edit/glob.ts");
  return compileGlobs(globs);
}
