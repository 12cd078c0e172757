/**
 * The files of Node and Bun, through `node:fs`.
 *
 * @module
 */

import { loadBuiltin } from "./builtin.ts";
import type { FileHandle, FilePort, FileStatus } from "./port.ts";

interface NodeStats {
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

interface NodeEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** The part of `node:fs` that is used. */
interface NodeFs {
  openSync(path: string, flags: string, mode?: number): number;
  fstatSync(file: number): NodeStats;
  statSync(path: string): NodeStats;
  lstatSync(path: string): NodeStats;
  readSync(
    file: number,
    target: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): number;
  writeSync(
    file: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number;
  fsyncSync(file: number): void;
  fdatasync(file: number, done: () => void): void;
  closeSync(file: number): void;
  readdirSync(path: string, options: { withFileTypes: true }): NodeEntry[];
  realpathSync(path: string): string;
  renameSync(from: string, to: string): void;
  mkdirSync(path: string, options: { recursive: true }): void;
  unlinkSync(path: string): void;
}

interface NodeProcess {
  readonly platform: string;
  readonly stdin: AsyncIterable<Uint8Array>;
}

/** Node's and Bun's port, or undefined in a browser. */
export async function loadNodePort(): Promise<FilePort | undefined> {
  const fs = await loadBuiltin<NodeFs>("node:fs");
  return fs && nodePort(fs);
}

function nodePort(fs: NodeFs): FilePort {
  const { process } = globalThis as unknown as { process: NodeProcess };
  return {
    separators: process.platform === "win32" ? "/\\" : "/",
    open: (path) => nodeHandle(fs, fs.openSync(path, "r")),
    create: (path, mode) => nodeHandle(fs, fs.openSync(path, "wx", mode)),
    status: (path) => nodeStatus(fs.statSync(path)),
    linkStatus: (path) => nodeStatus(fs.lstatSync(path)),
    list: (path) =>
      fs.readdirSync(path, { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        isFile: entry.isFile(),
        isDirectory: entry.isDirectory(),
        isSymlink: entry.isSymbolicLink(),
      })),
    realPath: (path) => fs.realpathSync(path),
    rename: (from, to) => fs.renameSync(from, to),
    makeFolder: (path) => fs.mkdirSync(path, { recursive: true }),
    remove: (path) => fs.unlinkSync(path),
    input: () => process.stdin,
  };
}

function nodeHandle(fs: NodeFs, file: number): FileHandle {
  let open = true;
  return {
    status: () => nodeStatus(fs.fstatSync(file)),
    read: (target, position) => fs.readSync(file, target, 0, target.length, position),
    write: (bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
    sync: () => fs.fsyncSync(file),
    syncAside: () => new Promise((resolve) => fs.fdatasync(file, () => resolve())),
    close() {
      // The number may be another file's by the second time.
      if (open) fs.closeSync(file);
      open = false;
    },
  };
}

function nodeStatus(stats: NodeStats): FileStatus {
  return {
    size: stats.size,
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    modified: stats.mtimeMs,
    mode: stats.mode & 0o777,
  };
}
