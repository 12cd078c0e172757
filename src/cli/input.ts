/**
 * What a FILE on the command line is: a path, or `-` for standard input.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Input } from "../checkpoint/input.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import type { OpenOptions } from "../checkpoint/open.ts";

/** Opens a file, inertly unless the options say otherwise. */
export async function openInput(
  file: string,
  options: OpenOptions = { inert: true },
): Promise<Checkpoint> {
  return await openCheckpoint(await inputOf(file), options);
}

/** The input that a word of the command line names. Standard input is gathered in memory. */
export async function inputOf(file: string): Promise<Input> {
  if (file !== "-") return file;
  const { readStdin } = await import("../io/file.ts");
  return await readStdin();
}
