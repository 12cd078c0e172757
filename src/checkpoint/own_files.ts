/**
 * The files that a checkpoint is made of, kept from being replaced one by one.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";

/**
 * Refuses an output that is one of several files of an input: the others would no longer fit it. A
 * file that stands by itself may be replaced, since it is read until the new one is whole.
 *
 * @throws `exists`.
 */
export async function checkNotOwn(output: string, inputs: readonly Checkpoint[]): Promise<void> {
  const several = inputs.filter(({ shards }) => shards.length > 0);
  if (several.length === 0) return;
  const target = await realOrNone(output);
  if (target === undefined) return;
  for (const { path, leads, shards } of several) {
    const { folder, lead } = await placeOf(path);
    const names = [...lead === undefined ? leads : [lead], ...shards.map(({ name }) => name)];
    for (const name of names) {
      if (await realOrNone(`${folder}${name}`) !== target) continue;
      throw new StateDictError(
        "exists",
        "The output is one of the files that the input is made of",
        {
          path: output,
          hint: "write to another folder: the other files would no longer fit it",
        },
      );
    }
  }
}

/** The folder, with its separator, and the file in it that was opened; none where the folder was. */
async function placeOf(path: string): Promise<{ folder: string; lead?: string }> {
  const { statPath } = await import("../io/file.ts");
  const { isDirectory } = await orNone(() => statPath(path)) ?? {};
  if (isDirectory) return { folder: /[/\\]$/.test(path) ? path : `${path}/` };
  const [folder] = /^.*[/\\]/.exec(path) ?? [""];
  return { folder, lead: path.slice(folder.length) };
}

async function realOrNone(path: string): Promise<string | undefined> {
  const { realPath } = await import("../io/file.ts");
  return await orNone(() => realPath(path));
}

/** Undefined for what isn't there: bytes in memory and remote files have a name, but no place here. */
async function orNone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isStateDictError(error)) return undefined;
    throw error;
  }
}
