/**
 * Bytes come from a source: something with a size that reads a range. Nothing above knows whether
 * it is a file, a Blob, a byte array or a server.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** A random-access run of bytes. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** How errors name it: a path, a URL, `"bytes"`. */
  readonly name: string;
  /** Fills `target` from `offset` on; rejects with `truncated` if the source ends before. */
  read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** The same without waiting, where the source can: bytes in memory and local files. */
  readSync?(offset: number, target: Uint8Array): void;
  /** The bytes themselves without a copy, where they lie in memory. */
  view?(offset: number, length: number): Uint8Array<ArrayBuffer>;
  /** Gives back the handle behind it. Closing twice is fine. */
  close(): Promise<void>;
}

/** Refuses a range that the source doesn't have, before anything is allocated for it. */
export function checkRange(source: ByteSource, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= source.size) return;
  throw new StateDictError(
    "truncated",
    `${length} bytes are needed at ${offset}, but the data ends at ${source.size}`,
    { offset, path: source.name },
  );
}

/** Stops with `aborted` if the caller's signal has fired. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new StateDictError("aborted", "The caller stopped it", { cause: signal.reason });
}

/** Reads `length` bytes at `offset`: the source's own memory where it has it, else a fresh array. */
export async function readBytes(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  checkRange(source, offset, length);
  if (source.view) return source.view(offset, length);
  const bytes = new Uint8Array(length);
  if (source.readSync) source.readSync(offset, bytes);
  else await source.read(offset, bytes, signal);
  return bytes;
}

/** Fills `target` the quickest way that the source has. */
export async function readInto(
  source: ByteSource,
  offset: number,
  target: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  if (source.readSync) source.readSync(offset, target);
  else await source.read(offset, target, signal);
}

/** A window of another source; closing it leaves the other open. */
export function sliceSource(source: ByteSource, start: number, length: number): ByteSource {
  checkRange(source, start, length);
  const inside = (offset: number, wanted: number) => {
    if (offset >= 0 && offset + wanted <= length) return;
    throw new StateDictError(
      "truncated",
      `${wanted} bytes are needed at ${offset}, but the data ends at ${length}`,
      { offset: start + offset, path: source.name },
    );
  };
  const window: ByteSource = {
    size: length,
    name: source.name,
    read(offset, target, signal) {
      inside(offset, target.length);
      return source.read(start + offset, target, signal);
    },
    close: () => Promise.resolve(),
  };
  if (source.readSync) {
    window.readSync = (offset, target) => {
      inside(offset, target.length);
      source.readSync!(start + offset, target);
    };
  }
  if (source.view) {
    window.view = (offset, wanted) => {
      inside(offset, wanted);
      return source.view!(start + offset, wanted);
    };
  }
  return window;
}

/** A source over bytes in memory; reads are views, not copies. */
export function bytesSource(bytes: Uint8Array<ArrayBuffer>, name = "bytes"): ByteSource {
  const source: ByteSource = {
    size: bytes.length,
    name,
    // deno-lint-ignore require-await -- a range error must reject, not throw
    async read(offset, target) {
      source.readSync!(offset, target);
    },
    readSync(offset, target) {
      checkRange(source, offset, target.length);
      target.set(bytes.subarray(offset, offset + target.length));
    },
    view(offset, length) {
      checkRange(source, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    close: () => Promise.resolve(),
  };
  return source;
}

/** A source over a `Blob` or a browser's `File`. */
export function blobSource(blob: Blob, name?: string): ByteSource {
  const source: ByteSource = {
    size: blob.size,
    name: name ?? (blob as { name?: string }).name ?? "blob",
    async read(offset, target, signal) {
      checkAborted(signal);
      checkRange(source, offset, target.length);
      const part = await blob.slice(offset, offset + target.length).arrayBuffer();
      if (part.byteLength !== target.length) {
        throw new StateDictError(
          "io",
          `The blob gave ${part.byteLength} bytes for ${target.length}`,
          {
            offset,
            path: source.name,
          },
        );
      }
      target.set(new Uint8Array(part));
    },
    close: () => Promise.resolve(),
  };
  return source;
}
