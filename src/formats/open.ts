/**
 * Opens bytes with the format that they are, and folders with the format that their files are.
 *
 * @module
 */

import { isStateDictError, locate } from "../errors.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { readZipDirectory } from "../zip/directory.ts";
import type { ZipDirectory } from "../zip/directory.ts";
import type { Folder, FormatOptions, Opened, Probe } from "./format.ts";
import { findFolderFormat, findFormat } from "./table.ts";

/** First bytes that formats look at. */
const HEAD = 512;

/** Bytes of a source, with a zip directory read once for all who ask. */
export async function probeSource(source: ByteSource, signal?: AbortSignal): Promise<Probe> {
  const head = await readBytes(source, 0, Math.min(HEAD, source.size), signal);
  let directory: Promise<ZipDirectory> | undefined;
  return {
    source,
    head,
    zip: () => directory ??= readZipDirectory(source, signal ? { signal } : {}),
  };
}

/** Opens a source with the format that its bytes are; the source is closed if that fails. */
export async function openSource(source: ByteSource, options: FormatOptions): Promise<Opened> {
  try {
    const probe = await probeSource(source, options.signal);
    const format = await findFormat(probe);
    if (format) return await format.open(probe, options);
    const { describeUnknown } = await import("./unknown.ts");
    throw describeUnknown(probe);
  } catch (error) {
    const left = options.recover ? await recover(source, options, error) : undefined;
    if (left) return left;
    await source.close();
    throw locate(error, source.name);
  }
}

/** What can still be read of a file that ends too early. */
async function recover(
  source: ByteSource,
  options: FormatOptions,
  error: unknown,
): Promise<Opened | undefined> {
  if (!isStateDictError(error) || error.code !== "truncated") return undefined;
  const { openCutShort } = await import("./torch/cut_open.ts");
  return await openCutShort(source, options);
}

/** Opens a folder with the format that its files are. */
export async function openFolder(folder: Folder, options: FormatOptions): Promise<Opened> {
  try {
    const format = await findFolderFormat(folder.names);
    if (format) return await format.open(folder, options);
    const { describeUnknownFolder } = await import("./unknown_folder.ts");
    throw describeUnknownFolder(folder);
  } catch (error) {
    throw locate(error, folder.path);
  }
}
