/**
 * The command `convert`: saves files again, whole, edited or merged.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { restoreTied } from "../checkpoint/tied.ts";
import { planSave, saveCheckpoint, writerFor } from "../checkpoint/save.ts";
import type { SaveOptions } from "../checkpoint/save.ts";
import { editCheckpoint } from "../edit/edit.ts";
import type { Edited } from "../edit/edit.ts";
import { mergeCheckpoints } from "../edit/merge.ts";
import { parseAssignments } from "../edit/metadata.ts";
import { StateDictError } from "../errors.ts";
import { cleanupTemporaries } from "../io/file_sink.ts";
import { showText } from "../text/escape.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { leftLines, lossLines, planLines, resultLine, unusedLines } from "./convert_report.ts";
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
      help: "set text metadata, which inspect --values shows; KEY= takes it away",
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
      for (const file of files) opened.push(await openInput(file, io, { inert }));
      for (const warning of opened.flatMap(({ warnings }) => warnings)) {
        io.stderr(`warning: ${showText(warning)}\n`);
      }
      const metadata = parseAssignments(options.metadata);
      const merged = mergeCheckpoints(opened.map(restoreTied));
      const edited = await editCheckpoint(merged, editsOf(options));
      for (const line of unusedLines(edited.unused)) io.note(`${line}\n`);
      const { checkpoint } = edited;
      const result = checkpoint.derive({ metadata: metadata.apply(checkpoint.metadata) });
      const saving = saveOptions(options, opened);
      if (!options.dryRun) return await write({ output, result, edited, saving, options, io });
      const save = output === "-" ? null : await planSave(output, result, saving);
      const plan = { inputs: files, root: options.root, edited, metadata: metadata.changes, save };
      for (const line of planLines(plan)) io.stdout(`${line}\n`);
      return EXIT.fine;
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

function saveOptions(options: WriteOptions, keep: readonly Checkpoint[]): SaveOptions {
  const { to, maxShardSize, protocol, compress, plain, force } = options;
  return {
    ...(to === undefined ? {} : { format: to }),
    ...(maxShardSize === undefined ? {} : { maxShardSize }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(compress === undefined ? {} : { compress }),
    plain,
    force,
    keep,
  };
}

/** One run's work. */
interface Job {
  readonly output: string;
  readonly result: Checkpoint;
  readonly edited: Edited;
  readonly saving: SaveOptions;
  readonly options: WriteOptions;
  readonly io: Io;
}

async function write({ output, result, edited, saving, options, io }: Job): Promise<number> {
  const toPipe = output === "-";
  if (toPipe && (options.verify || options.maxShardSize !== undefined)) {
    throw new StateDictError("usage", "Standard output can't be split, or read again", {
      hint: "name a file",
    });
  }
  const sink = toPipe ? (await import("./stdout_sink.ts")).stdoutSink(io) : output;
  const name = toPipe ? "standard output" : output;
  const total = edited.after.bytes;
  const progress = startProgress(io, { label: `Writing ${name}`, total });
  const release = io.onInterrupt(cleanupTemporaries);
  let done = 0;
  try {
    const report = await saveCheckpoint(sink, result, {
      ...saving,
      progress: (bytes) => progress.update(done += bytes),
    });
    progress.end();
    io.note(`${resultLine(report.index ?? name, edited, done)}\n`);
    for (const line of lossLines(edited.casts)) io.note(`${line}\n`);
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
