/**
 * What an archive holds beside values: files that its maker put in, and code.
 *
 * @module
 */

import { isStateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { decodeUtf8 } from "../../text/utf8.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import type { ZipEntry } from "../../zip/entries.ts";
import { readMember } from "../../zip/member.ts";
import type { Opened } from "../format.ts";

/** Bytes of a maker's file that count as text metadata. */
const LONGEST_TEXT = 64 * 1024;

/**
 * The maker's files as metadata, and a note on code. `isExtra` tells the former by their names,
 * which are those in the archive without its root folder.
 */
export async function archiveExtras(
  directory: ZipDirectory,
  root: string,
  isExtra: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<Pick<Opened, "metadata" | "warnings">> {
  const metadata = new Map<string, string>();
  let sources = 0;
  for (const entry of directory.entries) {
    const name = entry.name.slice(root.length + 1);
    if (name.endsWith(".py")) sources++;
    else if (isExtra(name)) metadata.set(name, await memberText(directory, entry, signal));
  }
  const warnings = sources === 0
    ? []
    : [`It carries code in ${sources} ${sources === 1 ? "file" : "files"}, which is not run here`];
  return { metadata, warnings };
}

/** The text of a short member, or how long it is. */
async function memberText(
  directory: ZipDirectory,
  entry: ZipEntry,
  signal?: AbortSignal,
): Promise<string> {
  const size = `(${entry.size} bytes)`;
  if (entry.size > LONGEST_TEXT) return size;
  const bytes = await readMember(directory, entry, {
    limit: LONGEST_TEXT,
    ...(signal ? { signal } : {}),
  });
  try {
    return decodeUtf8(bytes, { title: entry.name, offset: 0 });
  } catch (error) {
    if (!isStateDictError(error)) throw error;
    return size;
  }
}

/** Whether a file is one that the maker of an archive put in, in formats that have a folder for it. */
export function isInExtra(name: string): boolean {
  return name.startsWith("extra/");
}

/** A note on the constants of a program: a listing of its state doesn't show them. */
export function constantsNote(constants: PyValue): string[] {
  const count = constants instanceof PyTuple
    ? constants.items.length
    : constants instanceof PyDict
    ? constants.size
    : 0;
  if (count === 0) return [];
  const what = count === 1 ? "1 tensor is a constant" : `${count} tensors are constants`;
  return [`${what} of its code, which only inspect --json lists`];
}
