/**
 * The command `verify`: is a file whole, and what of it can be saved if it isn't?
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { planSave, saveCheckpoint, writerFor } from "../checkpoint/save.ts";
import { verifyCheckpoint } from "../checkpoint/verify.ts";
import type { Finding } from "../checkpoint/verify.ts";
import { sizeOf } from "../edit/edit.ts";
import { editTree } from "../edit/tree.ts";
import { StateDictError } from "../errors.ts";
import { cleanupTemporaries } from "../io/file_sink.ts";
import { showText } from "../text/escape.ts";
import { jsonText } from "../text/json.ts";
import type { JsonValue } from "../text/json.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { leftLines, listed, showPath, tensorsText } from "./convert_report.ts";
import { errorRecord } from "./errors.ts";
import { EXIT } from "./exit.ts";
import { failFile } from "./fail_file.ts";
import type { Io } from "./io.ts";
import { startProgress } from "./progress.ts";
import { secondHand } from "./second_hand.ts";
import { formatBytes, formatCount } from "./units.ts";

/** What the command line gives. */
interface Options {
  readonly values: boolean;
  readonly salvage: string | undefined;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/** `statedict verify FILE…`. */
export const command: Command = defineCommand({
  args: { files: { value: "FILE", many: true, help: "files to check" } },
  options: {
    values: { type: "boolean", help: "look for NaN and infinities too" },
    salvage: { type: "string", value: "OUT", help: "write what isn't damaged; one FILE only" },
    dryRun: { type: "boolean", help: "say what would be saved, and write nothing" },
    force: { type: "boolean", help: "replace OUT if it is there" },
    json: { type: "boolean", help: "one JSON document a file, each on a line" },
  },
  examples: [
    ["statedict verify model.pt", "reads every byte once"],
    ["statedict verify broken.pt --salvage saved.pt", "keeps what can be read"],
  ],
  notes:
    "Checked are the checksums that the format has, bounds and offsets, and that all bytes are there.\n" +
    "Exit status 1 says that something is damaged, or with --values that there are such numbers.",
  async run({ args: { files }, options }, io) {
    if (options.salvage !== undefined) {
      if (files.length > 1) {
        throw new StateDictError("usage", "Only one file at a time can be salvaged");
      }
      writerFor(options.salvage, undefined);
    }
    let status: number = EXIT.fine;
    for (const file of files) {
      try {
        status = Math.max(status, await verifyFile(file, options, io));
      } catch (error) {
        status = Math.max(status, failFile(file, error, options.json, io));
      }
    }
    return status;
  },
});

async function verifyFile(file: string, options: Options, io: Io): Promise<number> {
  await using checkpoint = await openInput(file, io, { inert: true, recover: true });
  const { bytes: total } = sizeOf(checkpoint.tensors);
  const progress = startProgress(io, { label: `Reading ${file}`, total });
  const findings: Finding[] = [];
  const hand = await secondHand(checkpoint, { file, io, asked: ["verify"] });
  let done = 0;
  try {
    const steps = verifyCheckpoint(checkpoint, {
      values: options.values,
      isKnown: async (tensor) => await hand.answers(tensor) !== undefined,
      progress: (bytes) => progress.update(done += bytes),
    });
    for await (const finding of steps) findings.push(finding);
  } finally {
    hand.end();
    progress.end();
  }
  report(file, checkpoint, findings, options.json, io);
  if (options.salvage !== undefined) await salvage(checkpoint, findings, options, io);
  return findings.length > 0 ? EXIT.negative : EXIT.fine;
}

function report(
  file: string,
  checkpoint: Checkpoint,
  findings: readonly Finding[],
  json: boolean,
  io: Io,
): void {
  const count = checkpoint.tensors.size;
  const damaged = findings.filter(({ kind }) => kind === "damaged").length;
  if (json) {
    const list = findings.map(findingJson);
    const document = { file, tensors: count, whole: count - damaged, findings: list };
    io.stdout(`${jsonText({ ...document, warnings: [...checkpoint.warnings] })}\n`);
    return;
  }
  for (const finding of findings) io.stdout(`${findingLine(finding)}\n`);
  const name = showText(file, { max: 400, cut: "middle" });
  const state = damaged === 0
    ? `${formatCount(count)} ${count === 1 ? "tensor is" : "tensors are"} whole`
    : `${formatCount(damaged)} of ${formatCount(count)} tensors ${
      damaged === 1 ? "is" : "are"
    } damaged`;
  io.stdout(`${name}: ${state}\n`);
  for (const warning of checkpoint.warnings) io.stderr(`warning: ${showText(warning)}\n`);
}

function findingLine(finding: Finding): string {
  if (finding.kind === "cut") return `damaged  (file): ${showText(finding.error.message)}`;
  const path = showText(finding.path || "(root)");
  if (finding.kind === "damaged") return `damaged  ${path}: ${showText(finding.error.message)}`;
  return `values   ${path}: ${formatCount(finding.nan)} NaN, ${formatCount(finding.inf)} infinite`;
}

function findingJson(finding: Finding): JsonValue {
  if (finding.kind === "values") return { ...finding };
  const error = { ...errorRecord(finding.error) };
  return finding.kind === "cut"
    ? { kind: finding.kind, error }
    : { kind: finding.kind, path: finding.path, error };
}

/** Writes the tree without the damaged tensors, or tells what that would be. */
async function salvage(
  checkpoint: Checkpoint,
  findings: readonly Finding[],
  { salvage, dryRun, force }: Options,
  io: Io,
): Promise<void> {
  const output = salvage!;
  const damaged = new Set(findings.flatMap((one) => one.kind === "damaged" ? [one.path] : []));
  const { value } = editTree(checkpoint.value, checkpoint.reduce, {
    keep: (path) => !damaged.has(path),
  });
  const rest = checkpoint.derive({ value });
  const { tensors, bytes: total } = sizeOf(rest.tensors);
  if (damaged.size > 0 && tensors === 0) {
    io.stderr("no tensor is whole: nothing is written\n");
    return;
  }
  if (dryRun) {
    const { files, left, bytes } = await planSave(output, rest, { force });
    const lines = [...listed("write", files.map(showPath)), ...leftLines(left)];
    for (const line of [...lines, `after   ${tensorsText(tensors)}, ${formatBytes(bytes)}`]) {
      io.stderr(`${line}\n`);
    }
    return;
  }
  const progress = startProgress(io, { label: `Writing ${output}`, total });
  const release = io.onInterrupt(cleanupTemporaries);
  let done = 0;
  try {
    const { left } = await saveCheckpoint(output, rest, {
      force,
      progress: (bytes) => progress.update(done += bytes),
    });
    progress.end();
    for (const line of leftLines(left)) io.stderr(`${line}\n`);
    io.note(`${showPath(output)}: ${tensorsText(tensors)}, ${formatBytes(total)}\n`);
  } finally {
    progress.end();
    release();
  }
}
