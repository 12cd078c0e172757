/**
 * The command `convert`: saves a file again, whole or edited.
 *
 * @module
 */

import { openCheckpoint } from "../checkpoint/open.ts";
import { saveCheckpoint, writerFor } from "../checkpoint/save.ts";
import { compileGlobs } from "../edit/glob.ts";
import { parseRename, renamer } from "../edit/rename.ts";
import { editTree } from "../edit/tree.ts";
import type { EditedTree } from "../edit/tree.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { cleanupTemporaries } from "../io/file_sink.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./errors.ts";
import { showText } from "./escape.ts";
import type { Io } from "./io.ts";
import { startProgress } from "./progress.ts";
import { formatBytes, formatCount } from "./units.ts";

/** `statedict convert IN OUT`. */
export const command: Command = defineCommand({
  args: {
    input: { value: "IN", help: "the file to read" },
    output: { value: "OUT", help: "the file to write" },
  },
  options: {
    to: { type: "string", value: "FORMAT", help: "the format, where OUT's name doesn't tell it" },
    filter: { type: "string", short: "f", value: "GLOB", multiple: true, help: "keep only these" },
    drop: { type: "string", value: "GLOB", multiple: true, help: "leave these out" },
    rename: {
      type: "string",
      value: "FROM=TO",
      multiple: true,
      help: "replace what fits the regular expression FROM",
    },
    force: { type: "boolean", help: "replace OUT if it is there" },
    strict: { type: "boolean", help: "refuse a file that names anything outside the allowlist" },
  },
  examples: [
    ["statedict convert model.pt clean.pt --drop 'optimizer.**'", "without the optimizer"],
    ["statedict convert ddp.pt plain.pt --rename '^module\\.='", "without a prefix"],
  ],
  notes:
    "Globs go by path: * within one part, ** across parts. Objects of unknown classes are kept as\n" +
    "they are, and nothing of them is run.",
  async run({ args: { input, output }, options }, io) {
    writerFor(output, options.to);
    await using checkpoint = await openCheckpoint(input, { inert: !options.strict });
    const edited = edit(checkpoint, options);
    const result = edited ? checkpoint.withValue(edited.value) : checkpoint;
    const total = [...result.tensors.values()].reduce((sum, tensor) => sum + tensor.nbytes, 0);
    const progress = startProgress(io, { label: `Writing ${output}`, total });
    const release = io.onInterrupt(cleanupTemporaries);
    let done = 0;
    try {
      const report = await saveCheckpoint(output, result, {
        ...(options.to === undefined ? {} : { format: options.to }),
        force: options.force,
        progress: (bytes) => progress.update(done += bytes),
      });
      progress.end();
      summarize(io, output, result, edited, total);
      for (const { path, why } of report.left) {
        io.note(`left out: ${showText(path)}: ${showText(why)}\n`);
      }
      return report.left.length > 0 ? EXIT.unreadable : EXIT.fine;
    } finally {
      progress.end();
      release();
    }
  },
});

/** The edits that the command line asks for. */
interface EditOptions {
  readonly filter: string[];
  readonly drop: string[];
  readonly rename: string[];
}

function edit(checkpoint: Checkpoint, options: EditOptions): EditedTree | undefined {
  const { filter, drop, rename } = options;
  if (filter.length + drop.length + rename.length === 0) return undefined;
  const wanted = filter.length > 0 ? compileGlobs(filter) : () => true;
  const unwanted = drop.length > 0 ? compileGlobs(drop) : () => false;
  return editTree(checkpoint.value, checkpoint.reduce, {
    keep: (path) => wanted(path) && !unwanted(path),
    ...(rename.length > 0 ? { rename: renamer(rename.map(parseRename)) } : {}),
  });
}

function summarize(
  io: Io,
  output: string,
  result: Checkpoint,
  edited: EditedTree | undefined,
  total: number,
): void {
  const count = formatCount(result.tensors.size);
  const parts = [`${count} tensors, ${formatBytes(total)}`];
  if (edited?.dropped.length) parts.push(`${formatCount(edited.dropped.length)} entries dropped`);
  if (edited?.renamed.length) parts.push(`${formatCount(edited.renamed.length)} renamed`);
  io.note(`${showText(output, { max: 400, cut: "middle" })}: ${parts.join(", ")}\n`);
}
