/**
 * Files beside another and files of a folder, by plain names: what a file names can't lead out of
 * its folder.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { filePath, listDirectory, openFile } from "./file.ts";
import { loadFilePort } from "./port.ts";
import type { ByteSource } from "./source.ts";

/** Longest name that file systems take. */
const MAX_NAME = 255;

/** Whether a name is one of a file, without any way to another folder, drive or stream. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && name.length <= MAX_NAME &&
    // deno-lint-ignore no-control-regex -- NUL cuts a name short in C, and no file needs the others
    !/[/\\:\x00-\x1f]/.test(name);
}

/** Opens a file of a folder. @throws `refused` for a name that could lead elsewhere. */
export async function openInFolder(folder: string, name: string): Promise<ByteSource> {
  if (!isPlainName(name)) {
    throw new StateDictError("refused", `${JSON.stringify(name)} is no plain file name`, {
      path: folder,
      hint: "only files in the same folder are opened, by their bare names",
    });
  }
  const { separators } = await loadFilePort();
  const ends = folder === "" || separators.includes(folder[folder.length - 1]!);
  return await openFile(ends ? folder + name : `${folder}/${name}`);
}

/** Opens a file beside another one. @throws `refused` for a name that could lead elsewhere. */
export async function openBeside(path: string | URL, name: string): Promise<ByteSource> {
  const { separators } = await loadFilePort();
  const plain = filePath(path);
  let end = plain.length;
  while (end > 0 && !separators.includes(plain[end - 1]!)) end--;
  return await openInFolder(plain.slice(0, end), name);
}

/** Names of the files in a folder, in order. A link counts as what it may lead to. */
export async function fileNames(folder: string | URL): Promise<string[]> {
  const entries = await listDirectory(folder);
  return entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name);
}
