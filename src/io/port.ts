/**
 * The file system as statedict needs it. Each runtime has one port; everything else here knows only
 * this interface. All calls are synchronous: a thread-pool hand-off for each block makes copying
 * half as fast.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { denoPort } from "./port_deno.ts";
import { loadNodePort } from "./port_node.ts";

/** What is known of a path. */
export interface FileStatus {
  /** Bytes, for a file. */
  readonly size: number;
  /** A regular file, neither a folder nor a device nor a pipe. */
  readonly isFile: boolean;
  /** A folder. */
  readonly isDirectory: boolean;
  /** A symbolic link; only where the link itself was asked for. */
  readonly isSymlink: boolean;
  /** When it was last written, in milliseconds since 1970; undefined where that isn't known. */
  readonly modified: number | undefined;
  /** The permission bits, where the system has them. */
  readonly mode: number | undefined;
}

/** One entry of a folder. */
export interface DirectoryEntry {
  /** Its name in the folder. */
  readonly name: string;
  /** A regular file. */
  readonly isFile: boolean;
  /** A folder. */
  readonly isDirectory: boolean;
  /** A symbolic link, which is then neither of the two. */
  readonly isSymlink: boolean;
}

/** An open file. Errors are the runtime's own; {@linkcode FilePort} users translate them. */
export interface FileHandle {
  /** What it is. */
  status(): FileStatus;
  /** Reads at a position, or on from the last read if that is null (pipes); 0 means the end. */
  read(target: Uint8Array, position: number | null): number;
  /** Writes at a position; may write less than all. */
  write(bytes: Uint8Array, position: number): number;
  /** Waits until the bytes are on the disk. */
  sync(): void;
  /** Has the bytes brought to the disk while the program goes on; never rejects. */
  syncAside(): Promise<void>;
  /** Gives the handle back; twice is fine. */
  close(): void;
}

/** A runtime's file system. */
export interface FilePort {
  /** The characters that part a path. */
  readonly separators: string;
  /** Opens a file to read. */
  open(path: string): FileHandle;
  /** Makes a new file to write; fails if something of that name is there. */
  create(path: string, mode: number | undefined): FileHandle;
  /** What a path leads to. */
  status(path: string): FileStatus;
  /** What is at the path itself, be it a link. */
  linkStatus(path: string): FileStatus;
  /** The entries of a folder, in no order. */
  list(path: string): DirectoryEntry[];
  /** The path without links. */
  realPath(path: string): string;
  /** Moves a file over another. */
  rename(from: string, to: string): void;
  /** Makes a folder and those above it; one that is there is fine. */
  makeFolder(path: string): void;
  /** Deletes a file. */
  remove(path: string): void;
  /** What comes in at standard input. */
  input(): AsyncIterable<Uint8Array>;
}

/** The port of the runtime we are in. */
export async function loadFilePort(): Promise<FilePort> {
  const port = denoPort() ?? await loadNodePort();
  if (port) return port;
  throw new StateDictError("unsupported", "There are no files with paths in a browser", {
    hint: "pass a File, a Blob or bytes",
  });
}
