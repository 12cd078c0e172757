/**
 * The command `extract`: tensors out of a file, for other programs.
 *
 * @module
 */

import { compileGlobs } from "../edit/glob.ts";
import { uniqueFileNames } from "../edit/file_names.ts";
import { StateDictError } from "../errors.ts";
import { cleanupTemporaries, fileSink } from "../io/file_sink.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit.ts";
import { TENSOR_FORMS } from "./extract_formats.ts";
import type { TensorForm } from "./extract_formats.ts";
import type { Io } from "./io.ts";
import { jsonText } from "../text/json.ts";
import { startProgress } from "./progress.ts";
import { MAX_ELEMENTS } from "./tensor_json.ts";

/** The file beside the extracted ones that says which holds what. */
const INDEX = "index.json";

/** Forms that hold many tensors in one file. */
const ARCHIVES: readonly string[] = ["npz", "safetensors"];

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
      help: "a file for one tensor, a folder for several; standard output if left out",
    },
    maxElements: {
      type: "integer",
      value: "N",
      default: MAX_ELEMENTS,
      help: "elements of a tensor that may be written as JSON",
    },
    force: { type: "boolean", help: "replace files that are there" },
  },
  examples: [
    ["statedict extract model.pt -f fc.bias | jq .data", "numbers for a program"],
    ["statedict extract model.pt -f '**.weight' --format npy -o weights", "a folder of .npy files"],
    ["statedict extract model.pt -f fc.bias --format bin -o fc.bias.bin", "the bare bytes"],
    ["statedict extract model.pt --format npz -o weights.npz", "all in one archive"],
  ],
  notes:
    "Bytes are row-major and little-endian. A folder gets an index.json that tells which file\n" +
    "holds which tensor, with its dtype and shape.",
  async run({ args: { file }, options }, io) {
    await using checkpoint = await openInput(file);
    const keep = options.filter.length > 0 ? compileGlobs(options.filter) : () => true;
    const tensors = [...checkpoint.tensors].filter(([name]) => keep(name));
    if (tensors.length === 0) {
      throw new StateDictError("no-tensor", "No tensor fits", {
        path: file,
        hint: "list the names with statedict inspect",
      });
    }
    if (ARCHIVES.includes(options.format)) return await toArchive(tensors, options, io);
    const job: Job = {
      tensors,
      form: TENSOR_FORMS.get(options.format)!,
      maxElements: options.maxElements,
      force: options.force,
      io,
    };
    const release = io.onInterrupt(cleanupTemporaries);
    try {
      if (options.out === undefined) await toStdout(job, file);
      else if (tensors.length === 1 && !await isFolder(options.out)) await toFile(job, options.out);
      else await toFolder(job, options.out, options.format);
    } finally {
      release();
    }
    return EXIT.fine;
  },
});

/** One file with all the tensors, as `convert` writes it. */
async function toArchive(
  tensors: readonly (readonly [string, Tensor])[],
  options: {
    readonly format: string;
    readonly out: string | undefined;
    readonly force: boolean;
  },
  io: Io,
): Promise<number> {
  const { format, out, force } = options;
  if (out === undefined) {
    throw new StateDictError("usage", `An archive of ${format} needs a file to go to`, {
      hint: "name it with --out",
    });
  }
  const [{ saveStateDict }, { leftLines }] = await Promise.all([
    import("../checkpoint/save.ts"),
    import("./convert_report.ts"),
  ]);
  const total = tensors.reduce((sum, [, tensor]) => sum + tensor.nbytes, 0);
  const progress = startProgress(io, { label: `Writing ${out}`, total });
  const release = io.onInterrupt(cleanupTemporaries);
  let done = 0;
  try {
    const { left } = await saveStateDict(out, new Map(tensors), {
      format,
      force,
      progress: (bytes) => progress.update(done += bytes),
    });
    progress.end();
    for (const line of leftLines(left)) io.stderr(`${line}\n`);
    return left.length > 0 ? EXIT.unreadable : EXIT.fine;
  } finally {
    progress.end();
    release();
  }
}

/** What is to be written, and how. */
interface Job {
  readonly tensors: readonly (readonly [string, Tensor])[];
  readonly form: TensorForm;
  readonly maxElements: number;
  readonly force: boolean;
  readonly io: Io;
}

async function toStdout({ tensors, form, maxElements, io }: Job, file: string): Promise<void> {
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
  for (const [name, tensor] of tensors) {
    for await (const chunk of form.chunks(name, tensor, { maxElements })) io.stdout(chunk);
  }
}

async function isFolder(path: string): Promise<boolean> {
  if (/[/\\]$/.test(path)) return true;
  const { statPath } = await import("../io/file.ts");
  try {
    return (await statPath(path)).isDirectory;
  } catch {
    return false; // Not there: it becomes a file.
  }
}

async function toFile(job: Job, path: string): Promise<void> {
  const [name, tensor] = job.tensors[0]!;
  await writeTensor(job, name, tensor, path, () => {});
}

async function toFolder(job: Job, folder: string, format: string): Promise<void> {
  const { makeFolder } = await import("../io/file.ts");
  await makeFolder(folder);
  const files = uniqueFileNames(job.tensors.map(([name]) => name), ["index"]);
  const total = job.tensors.reduce((sum, [, tensor]) => sum + tensor.nbytes, 0);
  const progress = startProgress(job.io, { label: `Writing ${folder}`, total });
  let done = 0;
  const base = folder.replace(/[/\\]+$/, "");
  for (const [name, tensor] of job.tensors) {
    const path = `${base}/${files.get(name)}.${job.form.extension}`;
    await writeTensor(job, name, tensor, path, (bytes) => progress.update(done += bytes));
  }
  progress.end();
  const index = job.tensors.map(([name, { dtype, shape }]) => ({
    name,
    file: `${files.get(name)}.${job.form.extension}`,
    dtype: dtype.name,
    shape: [...shape],
  }));
  const sink = await fileSink(`${base}/${INDEX}`, { force: job.force });
  try {
    await sink.write(new TextEncoder().encode(`${jsonText({ format, tensors: index })}\n`));
    await sink.commit();
  } finally {
    await sink.abort();
  }
}

async function writeTensor(
  job: Job,
  name: string,
  tensor: Tensor,
  path: string,
  progress: (bytes: number) => void,
): Promise<void> {
  const sink = await fileSink(path, { force: job.force });
  try {
    for await (const chunk of job.form.chunks(name, tensor, { maxElements: job.maxElements })) {
      await sink.write(chunk);
      progress(chunk.length);
    }
    await sink.commit();
  } finally {
    await sink.abort(); // Does nothing once it is committed.
  }
}
