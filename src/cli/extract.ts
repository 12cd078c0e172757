/**
 * The command `extract`: tensors out of a file, for other programs.
 *
 * @module
 */

import { checkNotOwn } from "../checkpoint/own_files.ts";
import { restoreTied } from "../checkpoint/tied.ts";
import { compileGlobs } from "../edit/glob.ts";
import { StateDictError } from "../errors.ts";
import { cleanupTemporaries, fileSink } from "../io/file_sink.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit.ts";
import { TENSOR_FORMS } from "./extract_formats.ts";
import { ARCHIVES, folderFiles, targetOf } from "./extract_target.ts";
import type { ExtractJob, ExtractTarget } from "./extract_target.ts";
import { jsonText } from "../text/json.ts";
import { startProgress } from "./progress.ts";
import { MAX_ELEMENTS } from "./tensor_json.ts";

/** `statedict extract FILE`. */
export const command: Command = defineCommand({
  args: { file: { value: "FILE", help: "what to take tensors out of" } },
  options: {
    filter: {
      type: "string",
      short: "f",
      value: "GLOB",
      multiple: true,
      help: "only tensors whose name fits",
    },
    format: {
      type: "string",
      choices: ["json", "bin", "npy", ...ARCHIVES],
      default: "json",
      help: "how a tensor is written; npz and safetensors are one file for all",
    },
    out: {
      type: "string",
      short: "o",
      value: "PATH",
      help: "a file, or a folder for several; standard output if left out",
    },
    maxElements: {
      type: "integer",
      value: "N",
      default: MAX_ELEMENTS,
      help: "elements of a tensor that may be written as JSON",
    },
    dryRun: { type: "boolean", help: "say what would be written, and write nothing" },
    force: { type: "boolean", help: "replace files that are there" },
  },
  examples: [
    ["statedict extract model.pt -f fc.bias | jq .data", "numbers for a program"],
    ["statedict extract model.pt -f '**.weight' --format npy -o weights", "a folder of .npy files"],
    ["statedict extract model.pt -f fc.bias --format bin -o fc.bias.bin", "the bare bytes"],
    ["statedict extract model.pt --format npz -o weights.npz", "all in one archive"],
    ["statedict extract model.pt -f '**.bias' -o biases.json", "all in one JSON array"],
  ],
  notes:
    "Bytes are row-major and little-endian. Several tensors as JSON are one line each on standard\n" +
    "output and in a file .ndjson or .jsonl, an array in a file .json. A folder gets an index.json\n" +
    "that tells which file holds which tensor, with its dtype and shape.",
  async run({ args: { file }, options }, io) {
    await using checkpoint = await openInput(file, io);
    const keep = options.filter.length > 0 ? compileGlobs(options.filter) : () => true;
    const tensors = [...restoreTied(checkpoint).tensors].filter(([name]) => keep(name));
    if (tensors.length === 0) {
      throw new StateDictError("no-tensor", "No tensor fits", {
        path: file,
        hint: "list the names with statedict inspect",
      });
    }
    const target = await targetOf(options.out, options.format, tensors.length);
    const { format, maxElements, force } = options;
    const job: ExtractJob = { file, checkpoint, tensors, format, target, maxElements, force, io };
    if (options.dryRun) return await (await import("./extract_plan.ts")).tellPlan(job);
    const release = io.onInterrupt(cleanupTemporaries);
    try {
      return await WAYS[target.kind](job);
    } finally {
      release();
    }
  },
});

/** How each kind of target is written. */
const WAYS: Readonly<Record<ExtractTarget["kind"], (job: ExtractJob) => Promise<number>>> = {
  archive: toArchive,
  stream: toStdout,
  file: toFile,
  folder: toFolder,
};

/** One file with all the tensors, as `convert` writes it. */
async function toArchive(job: ExtractJob): Promise<number> {
  const { checkpoint, tensors, format, target, force, io } = job;
  const [{ saveStateDict }, { leftLines }] = await Promise.all([
    import("../checkpoint/save.ts"),
    import("./convert_report.ts"),
  ]);
  const { path } = target;
  const sink = path ?? (await import("./stdout_sink.ts")).stdoutSink(io);
  const progress = startProgress(io, progressOf(job));
  let done = 0;
  try {
    const { left } = await saveStateDict(sink, new Map(tensors), {
      format,
      force,
      keep: [checkpoint],
      progress: (bytes) => progress.update(done += bytes),
    });
    progress.end();
    for (const line of leftLines(left)) io.stderr(`${line}\n`);
    return left.length > 0 ? EXIT.unreadable : EXIT.fine;
  } finally {
    progress.end();
  }
}

function progressOf({ tensors, target }: ExtractJob): { label: string; total: number } {
  const total = tensors.reduce((sum, [, tensor]) => sum + tensor.nbytes, 0);
  return { label: `Writing ${target.path ?? "standard output"}`, total };
}

async function toStdout(job: ExtractJob): Promise<number> {
  const { file, tensors, format, io } = job;
  const form = TENSOR_FORMS.get(format)!;
  if (tensors.length > 1 && !form.streams) {
    throw new StateDictError(
      "usage",
      `${tensors.length} tensors don't fit one stream of this form`,
      {
        path: file,
        hint: "name a folder with --out, or one tensor with --filter",
      },
    );
  }
  for await (const chunk of chunksOf(job)) io.stdout(chunk);
  return EXIT.fine;
}

/** All tensors, one after the other. */
async function* chunksOf({ tensors, format, maxElements }: ExtractJob): AsyncGenerator<Uint8Array> {
  const form = TENSOR_FORMS.get(format)!;
  for (const [name, tensor] of tensors) yield* form.chunks(name, tensor, { maxElements });
}

async function toFile(job: ExtractJob): Promise<number> {
  const { tensors, target } = job;
  const chunks = target.array && tensors.length > 1 ? jsonArray(job) : chunksOf(job);
  const progress = startProgress(job.io, progressOf(job));
  let done = 0;
  try {
    await writeFile(job, target.path!, chunks, (bytes) => progress.update(done += bytes));
  } finally {
    progress.end();
  }
  return EXIT.fine;
}

/** The lines of several tensors as one array. */
async function* jsonArray(job: ExtractJob): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let before = "[";
  for (const one of job.tensors) {
    yield encoder.encode(before);
    before = ",";
    yield* chunksOf({ ...job, tensors: [one] });
  }
  yield encoder.encode("]\n");
}

async function toFolder(job: ExtractJob): Promise<number> {
  const { makeFolder } = await import("../io/file.ts");
  await makeFolder(job.target.path!);
  const { files, index } = folderFiles(job);
  const progress = startProgress(job.io, progressOf(job));
  let done = 0;
  const count = (bytes: number) => progress.update(done += bytes);
  try {
    for (const [i, one] of job.tensors.entries()) {
      await writeFile(job, files[i]!, chunksOf({ ...job, tensors: [one] }), count);
    }
  } finally {
    progress.end();
  }
  const entries = job.tensors.map(([name, { dtype, shape }], i) => ({
    name,
    file: files[i]!.slice(files[i]!.lastIndexOf("/") + 1),
    dtype: dtype.name,
    shape: [...shape],
  }));
  const text = `${jsonText({ format: job.format, tensors: entries })}\n`;
  await writeFile(job, index, [new TextEncoder().encode(text)], () => {});
  return EXIT.fine;
}

async function writeFile(
  { checkpoint, force }: ExtractJob,
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  progress: (bytes: number) => void,
): Promise<void> {
  await checkNotOwn(path, [checkpoint]);
  const sink = await fileSink(path, { force });
  try {
    for await (const chunk of chunks) {
      await sink.write(chunk);
      progress(chunk.length);
    }
    await sink.commit();
  } finally {
    await sink.abort(); // Does nothing once it is committed.
  }
}
