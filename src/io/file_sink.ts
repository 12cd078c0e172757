/**
 * A file as a sink: written beside its place under a temporary name, synced, then moved there.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { blockBuffer } from "./block_buffer.ts";
import { filePath } from "./file.ts";
import { loadFilePort } from "./port.ts";
import type { FileHandle, FilePort, FileStatus } from "./port.ts";
import { checkOpen, checkWritten } from "./sink.ts";
import type { ByteSink } from "./sink.ts";
import { systemError } from "./system_error.ts";

/** How a file is written. */
export interface FileSinkOptions {
  /** Replace a file that is there; without it that is an `exists` error. */
  readonly force?: boolean;
}

interface Temporary {
  readonly port: FilePort;
  readonly handle: FileHandle;
  readonly path: string;
}

const temporaries = new Set<Temporary>();

/** Removes the files of all unfinished sinks, at once: for a program that is being stopped. */
export function cleanupTemporaries(): void {
  for (const temporary of temporaries) discard(temporary);
}

function discard(temporary: Temporary): void {
  temporaries.delete(temporary);
  for (
    const step of [() => temporary.handle.close(), () => temporary.port.remove(temporary.path)]
  ) {
    try {
      step();
    } catch {
      // The other step is still worth trying, and nobody is left who could act on this.
    }
  }
}

/** Refuses a path that a sink would refuse, without making one. @throws `exists`. */
export async function checkTarget(
  path: string | URL,
  options: FileSinkOptions = {},
): Promise<void> {
  const name = filePath(path);
  const port = await loadFilePort();
  try {
    checkFree(port, resolve(port, name), name, options.force);
  } catch (error) {
    throw systemError(error, name, "write");
  }
}

/**
 * Writes a file that appears whole, at `commit`, or not at all. A symbolic link is followed: the
 * file that it leads to is replaced, with its permissions, and the link stays.
 */
export async function fileSink(
  path: string | URL,
  options: FileSinkOptions = {},
): Promise<ByteSink> {
  const name = filePath(path);
  const port = await loadFilePort();
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw systemError(error, name, "write");
    }
  };
  const target = attempt(() => resolve(port, name));
  const before = attempt(() => checkFree(port, target, name, options.force));
  const temporary = attempt(() => createBeside(port, target, before?.mode));
  const { handle } = temporary;
  const blocks = blockBuffer();
  let onDisk = 0;
  let open = true; // to be written to
  let settled = false;
  let ended = false;
  let aside: Promise<void> | undefined;
  let asideUpTo = 0;

  const writeOut = (bytes: Uint8Array, offset: number) => {
    for (let done = 0; done < bytes.length;) {
      done += handle.write(bytes.subarray(done), offset + done);
    }
  };
  const flush = () => {
    const rest = blocks.flush();
    writeOut(rest, onDisk);
    onDisk += rest.length;
  };
  const sink: ByteSink = {
    name,
    get position() {
      return onDisk + blocks.waiting;
    },
    // deno-lint-ignore require-await -- an error must reject, not throw
    async write(bytes) {
      sink.writeSync!(bytes);
    },
    writeSync(bytes) {
      checkOpen(open, name);
      attempt(() => {
        for (const block of blocks.push(bytes)) {
          writeOut(block, onDisk);
          onDisk += block.length;
        }
      });
      if (onDisk - asideUpTo < SYNC_ASIDE || aside) return;
      asideUpTo = onDisk;
      aside = handle.syncAside().then(() => aside = undefined);
    },
    writeAt(offset, bytes) {
      checkOpen(open, name);
      checkWritten(sink, offset, bytes.length);
      attempt(() => {
        if (offset + bytes.length > onDisk) flush();
        writeOut(bytes, offset);
      });
    },
    async settle() {
      checkOpen(open, name);
      open = false;
      // A file must stay open as long as somebody brings its bytes to the disk.
      await aside;
      attempt(() => {
        flush();
        handle.sync();
        checkFree(port, target, name, options.force);
      });
      settled = true;
    },
    async commit() {
      checkOpen(!ended, name);
      try {
        if (!settled) await sink.settle!();
        ended = true;
        attempt(() => {
          checkFree(port, target, name, options.force);
          handle.close();
          port.rename(temporary.path, target);
        });
        temporaries.delete(temporary);
      } catch (error) {
        ended = true;
        discard(temporary);
        throw error;
      }
    },
    async abort() {
      await aside;
      if (!ended) discard(temporary);
      open = false;
      ended = true;
    },
  };
  return sink;
}

/**
 * Bytes after which the disk is set to work while the writing goes on: a sync at the end that finds
 * all of it in memory takes as long as the writing.
 */
const SYNC_ASIDE = 64 * 2 ** 20;

/** Where the bytes will end up: behind all links, if something is there already. */
function resolve(port: FilePort, name: string): string {
  const here = statusOf(() => port.linkStatus(name));
  if (!here?.isSymlink) return name;
  if (statusOf(() => port.status(name))) return port.realPath(name);
  throw new StateDictError("exists", "A symbolic link to nothing is in the way", {
    path: name,
    hint: "remove it, or write to what it should lead to",
  });
}

function statusOf(ask: () => FileStatus): FileStatus | undefined {
  try {
    return ask();
  } catch (error) {
    const { code } = systemError(error, "", "write");
    if (code === "not-found") return undefined;
    throw error;
  }
}

function checkFree(
  port: FilePort,
  target: string,
  name: string,
  force: boolean | undefined,
): FileStatus | undefined {
  const status = statusOf(() => port.status(target));
  if (!status) return undefined;
  if (status.isDirectory) {
    throw new StateDictError("exists", "A folder of that name is in the way", { path: name });
  }
  if (!status.isFile) {
    throw new StateDictError("exists", "This is a device or a pipe, which can't be replaced", {
      path: name,
      hint: "write to standard output instead",
    });
  }
  if (!force) {
    throw new StateDictError("exists", "The file exists already", {
      path: name,
      hint: "choose another name, or allow it to be replaced (--force)",
    });
  }
  return status;
}

/** Makes `.NAME.RANDOM.tmp` in the target's folder, where a rename is one step. */
function createBeside(port: FilePort, target: string, mode: number | undefined): Temporary {
  let cut = 0;
  for (const separator of port.separators) {
    cut = Math.max(cut, target.lastIndexOf(separator) + 1);
  }
  const folder = target.slice(0, cut);
  // A name has at most 255 bytes on most file systems: a part of it will do.
  const prefix = `.${target.slice(cut, cut + 64)}.`;
  removeLeftovers(port, folder, prefix);
  const path = `${folder}${prefix}${crypto.randomUUID().slice(0, 8)}.tmp`;
  const temporary = { port, path, handle: port.create(path, mode) };
  temporaries.add(temporary);
  return temporary;
}

/** A file that nobody has written to for so long is nobody's: ten minutes, in milliseconds. */
const STALE = 10 * 60 * 1000;

/** Names of temporary files that were in a folder when this process first wrote to it. */
const leftovers = new Map<string, Set<string>>();

/** Deletes what processes that were killed have left of earlier writes to the same name. */
function removeLeftovers(port: FilePort, folder: string, prefix: string): void {
  try {
    // Once a folder: thousands of tensors may be written to one.
    let names = leftovers.get(folder);
    if (!names) {
      const files = port.list(folder || ".").filter(({ isFile }) => isFile);
      names = new Set(files.map(({ name }) => name).filter((name) => TEMPORARY.test(name)));
      leftovers.set(folder, names);
    }
    for (const name of names) {
      if (!name.startsWith(prefix) || name.length !== prefix.length + SUFFIX_LENGTH) continue;
      names.delete(name);
      const { modified = Infinity } = port.linkStatus(`${folder}${name}`);
      if (Date.now() - modified > STALE) port.remove(`${folder}${name}`);
    }
  } catch {
    // A folder that may not be listed, or files that have just gone: the write itself is not hurt.
  }
}

const TEMPORARY = /^\..*\.[0-9a-f]{8}\.tmp$/;

/** Characters of the random part and the ending. */
const SUFFIX_LENGTH = 12;
