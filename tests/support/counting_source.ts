/**
 * A source that remembers what was read of it: what a reader reads is a part of what it promises.
 *
 * @module
 */

import type { ByteSource } from "../../src/io/source.ts";

/** One read. */
export interface Read {
  readonly offset: number;
  readonly length: number;
}

/** A source with a record of the reads, in order. */
export interface CountingSource extends ByteSource {
  readonly reads: Read[];
  /** Whether it has been closed. */
  closed: boolean;
}

/** Wraps a source. Its memory isn't handed on, so that every byte that is looked at shows. */
export function countingSource(inner: ByteSource): CountingSource {
  const reads: Read[] = [];
  const counting: CountingSource = {
    size: inner.size,
    name: inner.name,
    reads,
    closed: false,
    read(offset, target, signal) {
      reads.push({ offset, length: target.length });
      return inner.read(offset, target, signal);
    },
    close() {
      counting.closed = true;
      return inner.close();
    },
  };
  if (inner.readSync) {
    counting.readSync = (offset, target) => {
      reads.push({ offset, length: target.length });
      inner.readSync!(offset, target);
    };
  }
  return counting;
}
