/**
 * A source that goes wrong at a read of one's choice.
 *
 * @module
 */

import { StateDictError } from "../../src/errors.ts";
import type { ByteSource } from "../../src/io/source.ts";

/** What goes wrong. */
export type Fault =
  /** The disk gives no bytes. */
  | "eio"
  /** The file has become shorter, from here on. */
  | "shrunk"
  /** Others have written over it: these bytes are not those that were there. */
  | "changed"
  /** The caller stops it. */
  | "aborted";

/** A source, and what became of it. */
export interface FaultySource extends ByteSource {
  /** Reads so far. */
  readonly reads: number;
  /** Whether it has been closed. */
  readonly closed: boolean;
  /** The caller's own signal. */
  readonly signal: AbortSignal;
}

/** Bytes that are read well but for the read number `at`, counted from 0; all are if there is no fault. */
export function faultySource(bytes: Uint8Array, fault?: Fault, at = -1): FaultySource {
  const controller = new AbortController();
  const name = "faulty";
  let reads = 0;
  let closed = false;
  const read = (offset: number, target: Uint8Array) => {
    const number = reads++;
    target.set(bytes.subarray(offset, offset + target.length));
    if (number === at && fault === "eio") {
      throw new StateDictError("io", "EIO: i/o error", { path: name, offset });
    }
    if (number >= at && fault === "shrunk" && target.length > 0) {
      throw new StateDictError("truncated", "The file has become shorter", { path: name, offset });
    }
    if (number !== at) return;
    if (fault === "changed") target.forEach((byte, i) => target[i] = byte ^ 0xff);
    if (fault === "aborted") controller.abort();
  };
  return {
    size: bytes.length,
    name,
    signal: controller.signal,
    get reads() {
      return reads;
    },
    get closed() {
      return closed;
    },
    // deno-lint-ignore require-await -- an error must reject, not throw
    async read(offset, target, signal) {
      if (signal?.aborted) throw new StateDictError("aborted", "The caller stopped it");
      read(offset, target);
    },
    readSync: read,
    // deno-lint-ignore require-await -- as the interface has it
    async close() {
      closed = true;
    },
  };
}
