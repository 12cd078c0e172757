/**
 * What a caller may hand in as a file.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { Folder } from "../formats/format.ts";
import { blobSource, bytesSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { HttpOptions } from "../io/http/options.ts";

/**
 * A path, a `file:` URL, an `https:` address as text or URL, `hf://owner/repo[@rev]/path`, a `Blob`
 * or `File`, bytes, or a source of one's own.
 */
export type Input = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;

function isSource(input: Input): input is ByteSource {
  return typeof (input as ByteSource).read === "function" &&
    typeof (input as ByteSource).size === "number";
}

/** What an input leads to: bytes, or a folder. */
export type Place =
  & {
    /** How errors name it. */
    readonly path: string;
    /** Opens a file beside it, by its plain name; absent where there is no beside. */
    readonly sibling?: (name: string) => Promise<ByteSource>;
    /** What a person should know of how it is read; may grow while it is. */
    readonly warnings?: readonly string[];
  }
  & (
    | { readonly source: ByteSource; readonly folder?: undefined }
    | { readonly folder: Folder; readonly source?: undefined }
  );

/** Finds what the input leads to. */
export async function toPlace(input: Input, remote: HttpOptions = {}): Promise<Place> {
  if (typeof input === "string" || input instanceof URL) {
    return await (isRemote(input) ? remotePlace(input, remote) : pathPlace(input));
  }
  const source = toSource(input);
  return { path: source.name, source };
}

/** Whether a word is an address, not a path. One letter would be a drive. */
export function isRemote(input: string | URL): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(String(input)) && !/^file:/i.test(String(input));
}

async function remotePlace(input: string | URL, options: HttpOptions): Promise<Place> {
  const { openRemote } = await import("../io/http/remote.ts");
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  return { ...await openRemote(input, { warn, ...options }), warnings };
}

async function pathPlace(input: string | URL): Promise<Place> {
  const { openFile } = await import("../io/file.ts");
  try {
    const source = await openFile(input);
    return {
      path: source.name,
      source,
      sibling: async (name) => await (await import("../io/beside.ts")).openBeside(input, name),
    };
  } catch (error) {
    // Which error a folder gives when it is opened differs from system to system.
    const folder = await folderAt(input);
    if (!folder) throw error;
    return { path: folder.path, folder };
  }
}

async function folderAt(path: string | URL): Promise<Folder | undefined> {
  const { filePath, statPath } = await import("../io/file.ts");
  try {
    if (!(await statPath(path)).isDirectory) return undefined;
  } catch {
    return undefined; // the first error says more
  }
  const { fileNames, openInFolder } = await import("../io/beside.ts");
  const folder = filePath(path);
  return {
    path: folder,
    names: await fileNames(folder),
    open: (name) => openInFolder(folder, name),
  };
}

function toSource(input: Exclude<Input, string | URL>): ByteSource {
  if (input instanceof Blob) return blobSource(input);
  if (input instanceof ArrayBuffer) return bytesSource(new Uint8Array(input));
  if (input instanceof Uint8Array) {
    // Memory that other threads may change under us is copied, so that checks stay true.
    const own = input.buffer instanceof ArrayBuffer
      ? input as Uint8Array<ArrayBuffer>
      : new Uint8Array(input);
    return bytesSource(own);
  }
  if (isSource(input)) return input;
  throw new StateDictError("usage", "The input is no path, URL, Blob, bytes or source");
}
