/**
 * Scans folders: every file is looked at, whatever its name.
 *
 * @module
 */

import { isRemote, toPlace } from "../checkpoint/input.ts";
import { filePath, listDirectory, realPath, statPath } from "../io/file.ts";
import { filePlace, promisesModel } from "./place.ts";
import type { ScanReport, SkippedFile } from "./report.ts";
import { remoteOf, scanSource } from "./scan.ts";
import type { ScanOptions } from "./scan.ts";

/** Entries of folders that are looked at; more is no model store but a disk. */
const MAX_ENTRIES = 100_000;

/** What a walk found: a file that was scanned, one that was skipped, one that can't be read. */
export type FolderResult =
  | ScanReport
  | SkippedFile
  | { readonly file: string; readonly error: unknown };

/**
 * Scans a file, or all files below a folder, in the order of their names. A file that is no model and
 * doesn't pose as one is skipped, and said to be. Links out of the folder are not followed.
 *
 * @example
 * ```ts
 * import { scanFolder } from "@statedict/statedict";
 *
 * for await (const result of scanFolder("fixtures/torch/hf_bin")) {
 *   if ("verdict" in result) console.log(result.file, result.verdict);
 *   else console.log(result.file, "was not scanned");
 * }
 * ```
 */
export async function* scanFolder(
  path: string | URL,
  options: ScanOptions = {},
): AsyncGenerator<FolderResult, void> {
  if (!await isFolder(path)) {
    yield await scanFile(path, options, false);
    return;
  }
  const root = filePath(path);
  const realRoot = await realPath(root);
  const folders = [root];
  let entries = 0;
  while (folders.length > 0) {
    const folder = folders.pop()!;
    const below: string[] = [];
    let listing: Awaited<ReturnType<typeof listDirectory>>;
    try {
      listing = await listDirectory(folder);
    } catch (error) {
      yield { file: folder, error };
      continue;
    }
    for (const entry of listing) {
      const file = join(folder, entry.name);
      if (++entries > MAX_ENTRIES) {
        yield { file, skipped: `The folder has more than ${MAX_ENTRIES} entries` };
        return;
      }
      if (entry.isSymlink) yield { file, skipped: await whyLinkSkipped(file, realRoot) };
      else if (entry.isDirectory) below.push(file);
      else if (entry.isFile) yield await scanFile(file, options, true);
      else yield { file, skipped: "It is a device, a pipe or a socket" };
    }
    // The next folder is the last of the list.
    folders.push(...below.slice(0, MAX_ENTRIES).reverse());
  }
}

async function isFolder(path: string | URL): Promise<boolean> {
  if (isRemote(path)) return false;
  try {
    return (await statPath(path)).isDirectory;
  } catch {
    return false; // whoever opens it says why
  }
}

/** What a link leads to is scanned under its own name, if it lies in the folder. */
async function whyLinkSkipped(file: string, realRoot: string): Promise<string> {
  try {
    const target = await realPath(file);
    const isInside = target === realRoot || target.startsWith(join(realRoot, ""));
    return isInside
      ? "It is a link to another place in the folder, which is scanned there"
      : "It is a link out of the folder; name it to have it scanned";
  } catch {
    return "It is a link that leads nowhere";
  }
}

async function scanFile(
  path: string | URL,
  options: ScanOptions,
  mayForeign: boolean,
): Promise<FolderResult> {
  const file = typeof path === "string" ? path : path.href;
  try {
    const { source, path: name, sibling } = await toPlace(path, remoteOf(options));
    if (!source) return { file, skipped: "It became a folder" };
    try {
      const { report, unclaimed } = await scanSource(source, name, options, sibling);
      if (unclaimed && mayForeign && !promisesModel(filePlace(name))) {
        return { file: name, skipped: unclaimed.why };
      }
      return report;
    } finally {
      await source.close();
    }
  } catch (error) {
    return { file, error };
  }
}

function join(folder: string, name: string): string {
  return /[/\\]$/.test(folder) ? folder + name : `${folder}/${name}`;
}
