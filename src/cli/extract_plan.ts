/**
 * What `extract --dry-run` tells.
 *
 * @module
 */

import { checkNotOwn } from "../checkpoint/own_files.ts";
import { planSave } from "../checkpoint/save.ts";
import type { SavePlan } from "../checkpoint/save.ts";
import { stateDictValue } from "../checkpoint/state_dict.ts";
import { checkTarget } from "../io/file_sink.ts";
import { leftText, listed, showPath, tensorsText } from "./convert_report.ts";
import { EXIT } from "./exit.ts";
import { folderFiles } from "./extract_target.ts";
import type { ExtractJob } from "./extract_target.ts";
import { formatBytes } from "./units.ts";

/** Tells which files would be written. @throws What writing would, before its first byte. */
export async function tellPlan(job: ExtractJob): Promise<number> {
  const { file, tensors, io } = job;
  const { files, left, bytes } = await planOf(job);
  const lines = [
    `read    ${showPath(file)}`,
    ...listed("write", files.map(showPath)),
    ...listed("leave out", left.map(leftText)),
    `after   ${tensorsText(tensors.length)}, ${formatBytes(bytes)}`,
  ];
  for (const line of lines) io.stdout(`${line}\n`);
  return EXIT.fine;
}

async function planOf(job: ExtractJob): Promise<SavePlan> {
  const { checkpoint, tensors, format, target: { kind, path }, force } = job;
  const bytes = tensors.reduce((sum, [, { nbytes }]) => sum + nbytes, 0);
  if (path === undefined) return { files: ["standard output"], left: [], bytes };
  if (kind === "archive") {
    const value = stateDictValue(new Map(tensors));
    return await planSave(path, value, { format, force, keep: [checkpoint] });
  }
  const { files, index } = kind === "folder" ? folderFiles(job) : { files: [path], index: null };
  const all = [...files, ...index === null ? [] : [index]];
  for (const one of all) {
    await checkNotOwn(one, [checkpoint]);
    await checkTarget(one, { force });
  }
  return { files: all, left: [], bytes };
}
