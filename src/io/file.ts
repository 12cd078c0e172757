/**
 * Local files, in Deno, Bun and Node.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { loadFilePort } from "./port.ts";
import type { DirectoryEntry, FileHandle, FilePort, FileStatus } from "./port.ts";
import { checkAborted, checkRange } from "./source.ts";
import type { ByteSource } from "./source.ts";
import { spool } from "./spool.ts";
import type { SpoolOptions } from "./spool.ts";
import { systemError } from "./system_error.ts";

export type { DirectoryEntry, FileStatus } from "./port.ts";

/** Bytes of one system call: Linux reads at most 2 GiB less a page, and Node refuses more. */
const MAX_READ = 2 ** 30;

/** Bytes that a pipe is asked for at a time. */
const PIPE_PIECE = 2 ** 16;

/** The path that a string or a `file:` URL names. */
export function filePath(path: string | URL): string {
  if (typeof path === "string") return path;
  if (path.protocol !== "file:") {
    throw new StateDictError("usage", `A file is needed, not a URL with ${path.protocol}`, {
      path: path.href,
    });
  }
  const plain = decodeURIComponent(path.pathname);
  return /^\/[A-Za-z]:\//.test(plain) ? plain.slice(1) : plain;
}

/**
 * Opens a local file to read ranges of it, of any size. A pipe or a device (`<(zcat x.gz)`) is read
 * to its end into memory.
 */
export async function openFile(path: string | URL): Promise<ByteSource> {
  const name = filePath(path);
  const port = await loadFilePort();
  const handle = attempt(name, () => port.open(name));
  try {
    const status = attempt(name, () => handle.status());
    if (status.isDirectory) {
      throw new StateDictError("io", "This is a folder", { path: name, hint: "name a file in it" });
    }
    if (status.isFile) return handleSource(handle, name, status.size);
    const source = await spool(pieces(handle, name), name);
    handle.close();
    return source;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** What a path leads to; `not-found` if nothing is there. */
export async function statPath(path: string | URL): Promise<FileStatus> {
  return await ask(path, (port, name) => port.status(name));
}

/** The entries of a folder, by name. */
export async function listDirectory(path: string | URL): Promise<DirectoryEntry[]> {
  const entries = await ask(path, (port, name) => port.list(name));
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Makes a folder, with those above it; one that is there is fine. */
export async function makeFolder(path: string | URL): Promise<void> {
  const name = filePath(path);
  const port = await loadFilePort();
  try {
    port.makeFolder(name);
  } catch (error) {
    throw systemError(error, name, "write");
  }
}

/** What takes a file away, when it is called; one that isn't there is fine. */
export async function fileRemover(path: string | URL): Promise<() => void> {
  const name = filePath(path);
  const port = await loadFilePort();
  return () => {
    try {
      port.remove(name);
    } catch (error) {
      const explained = systemError(error, name, "read");
      if (explained.code !== "not-found") throw explained;
    }
  };
}

/** The absolute path without symbolic links. */
export async function realPath(path: string | URL): Promise<string> {
  return await ask(path, (port, name) => port.realPath(name));
}

/** Standard input, gathered in memory. */
export async function readStdin(options: SpoolOptions = {}): Promise<ByteSource> {
  const port = await loadFilePort();
  return await spool(port.input(), "-", options);
}

async function ask<T>(
  path: string | URL,
  question: (port: FilePort, name: string) => T,
): Promise<T> {
  const name = filePath(path);
  const port = await loadFilePort();
  return attempt(name, () => question(port, name));
}

function attempt<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw systemError(error, name, "read");
  }
}

function* pieces(handle: FileHandle, name: string): Generator<Uint8Array> {
  for (;;) {
    const piece = new Uint8Array(PIPE_PIECE);
    const count = attempt(name, () => handle.read(piece, null));
    if (count === 0) return;
    yield piece.subarray(0, count);
  }
}

function handleSource(handle: FileHandle, name: string, size: number): ByteSource {
  let open = true;
  const source: ByteSource = {
    size,
    name,
    // deno-lint-ignore require-await -- an error must reject, not throw
    async read(offset, target, signal) {
      checkAborted(signal);
      source.readSync!(offset, target);
    },
    readSync(offset, target) {
      if (!open) throw new StateDictError("usage", "The file is closed already", { path: name });
      checkRange(source, offset, target.length);
      attempt(name, () => fill(handle, name, offset, target));
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async close() {
      if (open) handle.close();
      open = false;
    },
  };
  return source;
}

function fill(handle: FileHandle, name: string, offset: number, target: Uint8Array): void {
  let done = 0;
  while (done < target.length) {
    const count = handle.read(target.subarray(done, done + MAX_READ), offset + done);
    if (count === 0) {
      throw new StateDictError(
        "truncated",
        `The file ends at ${offset + done}, but was longer when it was opened`,
        { offset: offset + done, path: name, hint: "is something still writing it?" },
      );
    }
    done += count;
  }
}
