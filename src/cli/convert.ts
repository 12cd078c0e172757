/**
 * The command `convert`: saves files again, whole, edited or merged.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { restoreTied } from "../checkpoint/tied.ts";
import { saveCheckpoint, writerFor } from "../checkpoint/save.ts";
import { editCheckpoint } from "../edit/edit.ts";
import type { Edited } from "../edit/edit.ts";
import { mergeCheckpoints } from "../edit/merge.ts";
import { parseAssignments } from "../edit/metadata.ts";
import { StateDictError } from "../errors.ts";
import { cleanupTemporaries } from "../io/file_sink.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { leftLines, planLines, resultLine } from "./convert_report.ts";
import { EDIT_OPTIONS, editsOf } from "./edit_options.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { startProgress } from "./progress.ts";

/** `statedict convert IN… OUT`. */
export const command: Command = defineCommand({
  args: { files: { value: "FILE", many: true, help: "files to read, and last the one to write" } },
  options: {
    to: { type: "string", value: "FORMAT", help: "the format, where OUT's name doesn't tell it" },
    ...EDIT_OPTIONS,
    maxShardSize: {
      type: "size",
      value: "SIZE",
      help: "split into shards of at most so many bytes, with an index",
    },
    metadata: {
      type: "string",
      value: "KEY=VALUE",
      multiple: true,
      help: "set text metadata; KEY= takes it away",
    },
    protocol: { type: "integer", value: "N", help: "pickle protocol, 2 by default" },
    compress: { type: "string", value: "CODEC", help: "deflate for npz, zlib or gzip for joblib" },
    plain: { type: "boolean", help: "JSON without tags: what JSON can't say is left out" },
    strict: { type: "boolean", help: "refuse a file that names anything outside the allowlist" },
    keepOpaque: {
      type: "boolean",
      negatable: true,
      help: "keep objects of unknown classes as they are (the default)",
    },
    dryRun: { type: "boolean", help: "say what would be done, and write nothing" },
    verify: { type: "boolean", help: "read the output again and compare every digest" },
    force: { type: "boolean", help: "replace OUT if it is there" },
  },
  examples: [
    ["statedict convert model.pt model.safetensors", "into another format"],
    ["statedict convert train.ckpt slim.pt --root state_dict --dtype bfloat16", "weights only"],
    ["statedict convert a.pt b.pt whole.pt", "several files into one"],
    ["statedict convert big.pt out.safetensors --max-shard-size 5GB", "shards with their index"],
  ],
  notes:
    "Globs go by path: * within one part, ** across parts. Edits are done in this order: --root,\n" +
    "--ema, --filter and --drop, --untie or --tie, --compact, --dtype, --rename, --strip-prefix,\n" +
    "--add-prefix. Objects of unknown classes are kept as they are; nothing of them is run.",
  async run({ args: { files }, options }, io) {
    const output = files.pop()!;
    if (files.length === 0) {
      throw new StateDictError("usage", "An output is needed after the input", {
        hint: "statedict convert IN OUT",
      });
    }
    writerFor(output, options.to);
    const inert = !options.strict && options.keepOpaque !== false;
    const opened: Checkpoint[] = [];
    try {
      for (const file of files) opened.push(await openInput(file, { inert }));
      const metadata = parseAssignments(options.metadata);
      const merged = mergeCheckpoints(opened.map(restoreTied));
      const edited = await editCheckpoint(merged, editsOf(options));
      const result = metadata.size === 0 ? edited.checkpoint : edited.checkpoint.derive({
        metadata: metadata.apply(edited.checkpoint.metadata),
      });
      if (options.dryRun) {
        for (const line of planLines(files, output, edited)) io.stdout(`${line}\n`);
        return EXIT.fine;
      }
      return await write(output, result, edited, options, io);
    } finally {
      for (const checkpoint of opened) await checkpoint.close();
    }
  },
});

/** What the writing needs of the command line. */
interface WriteOptions {
  readonly to: string | undefined;
  readonly maxShardSize: number | undefined;
  readonly protocol: number | undefined;
  readonly compress: string | undefined;
  readonly plain: boolean;
  readonly verify: boolean;
  readonly force: boolean;
}

async function write(
  output: string,
  result: Checkpoint,
  edited: Edited,
  options: WriteOptions,
  io: Io,
): Promise<number> {
  const total = edited.after.bytes;
  const progress = startProgress(io, { label: `Writing ${output}`, total });
  const release = io.onInterrupt(cleanupTemporaries);
  let done = 0;
  try {
    const report = await saveCheckpoint(output, result, {
      ...(options.to === undefined ? {} : { format: options.to }),
      ...(options.maxShardSize === undefined ? {} : { maxShardSize: options.maxShardSize }),
      ...(options.protocol === undefined ? {} : { protocol: options.protocol }),
      ...(options.compress === undefined ? {} : { compress: options.compress }),
      plain: options.plain,
      force: options.force,
      progress: (bytes) => progress.update(done += bytes),
    });
    progress.end();
    io.note(`${resultLine(report.index ?? output, edited)}\n`);
    for (const line of leftLines(report.left)) io.stderr(`${line}\n`);
    if (options.verify) {
      const { verifyOutput } = await import("./convert_verify.ts");
      await verifyOutput(output, result, report);
      io.note("verified: every digest is the same\n");
    }
    return report.left.length > 0 ? EXIT.unreadable : EXIT.fine;
  } finally {
    progress.end();
    release();
  }
}
