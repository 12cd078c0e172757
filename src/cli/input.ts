/**
 * What a FILE on the command line is: a path, `-` for standard input, or an address.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { toPlace } from "../checkpoint/input.ts";
import type { Input } from "../checkpoint/input.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import type { OpenOptions } from "../checkpoint/open.ts";
import { StateDictError } from "../errors.ts";
import type { HttpOptions } from "../io/http/options.ts";
import type { ByteSource } from "../io/source.ts";
import { showText } from "../text/escape.ts";
import type { Io } from "./io.ts";

/** Opens a file, inertly unless the options say otherwise. */
export async function openInput(
  file: string,
  io: Io,
  options: OpenOptions = { inert: true },
): Promise<Checkpoint> {
  const remote = remoteOptions(file, io);
  return await openCheckpoint(await inputOf(file), { remote, limits: io.limits, ...options });
}

/** Opens a file's bytes, whatever they are. */
export async function openBytes(file: string, io: Io): Promise<ByteSource> {
  const place = await toPlace(await inputOf(file), remoteOptions(file, io));
  if (place.source) return place.source;
  throw new StateDictError("io", "This is a folder", { path: file, hint: "name a file in it" });
}

/**
 * How a FILE that is an address is read. Whoever types an address means that host, be it of a
 * private network; where its server sends on to is held to the rules all the same.
 */
export function remoteOptions(file: string, io: Io): HttpOptions {
  return {
    allowPrivate: true,
    allowHttp: true,
    warn: (message) =>
      io.stderr(`warning: ${showText(file, { max: 400, cut: "middle" })}: ${showText(message)}\n`),
  };
}

/** The input that a word of the command line names. Standard input is gathered in memory. */
async function inputOf(file: string): Promise<Input> {
  if (file !== "-") return file;
  const { readStdin } = await import("../io/file.ts");
  return await readStdin();
}
