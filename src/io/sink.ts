/**
 * Bytes go to a sink: something that takes them in order and, at the end, makes them appear whole
 * or not at all.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** Where a writer's bytes go. */
export interface ByteSink {
  /** How errors name it: a path, `"memory"`. */
  readonly name: string;
  /** Bytes written so far. */
  readonly position: number;
  /** Appends bytes; the array may be used again once the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
  /** The same without waiting, where the sink can. */
  writeSync?(bytes: Uint8Array): void;
  /** Replaces bytes that are written already, where the sink can go back. */
  writeAt?(offset: number, bytes: Uint8Array): void;
  /**
   * Brings everything to where it will stay, so that `commit` has no more to do than to make it
   * appear: at once, without leaving the program's turn. Nothing can be written after it.
   */
  settle?(): Promise<void>;
  /** Makes the output appear. Nothing can be written after it. */
  commit(): Promise<void>;
  /** Throws the output away. After `commit` it does nothing. */
  abort(): Promise<void>;
}

/** A sink in memory. */
export interface MemorySink extends ByteSink {
  /** What has been written; a view that later writes may leave behind. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** Appends bytes the quickest way that the sink has. */
export async function writeBytes(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  if (sink.writeSync) sink.writeSync(bytes);
  else await sink.write(bytes);
}

/**
 * Makes several outputs appear, all at once as far as the system lets: an interrupt finds none of
 * them there, or all.
 *
 * @param before Something to do at that moment, before the first.
 */
export async function commitAll(sinks: readonly ByteSink[], before?: () => void): Promise<void> {
  for (const sink of sinks) await sink.settle?.();
  before?.();
  for (const sink of sinks) await sink.commit();
}

/** Refuses to go on with a sink that is finished. */
export function checkOpen(open: boolean, name: string): void {
  if (!open) throw new StateDictError("usage", "The output is finished already", { path: name });
}

/** Refuses to replace bytes that have not been written. */
export function checkWritten(sink: ByteSink, offset: number, length: number): void {
  if (offset >= 0 && offset + length <= sink.position) return;
  throw new StateDictError(
    "usage",
    `${length} bytes at ${offset} can't be replaced: ${sink.position} are written`,
    { path: sink.name },
  );
}

/** Gathers the output in memory. */
export function memorySink(): MemorySink {
  let buffer = new Uint8Array(1024);
  let position = 0;
  let open = true;
  const sink: MemorySink = {
    name: "memory",
    get position() {
      return position;
    },
    // deno-lint-ignore require-await -- an error must reject, not throw
    async write(bytes) {
      sink.writeSync!(bytes);
    },
    writeSync(bytes) {
      checkOpen(open, sink.name);
      const end = position + bytes.length;
      if (end > buffer.length) {
        const larger = new Uint8Array(Math.max(end, buffer.length * 2));
        larger.set(buffer.subarray(0, position));
        buffer = larger;
      }
      buffer.set(bytes, position);
      position = end;
    },
    writeAt(offset, bytes) {
      checkOpen(open, sink.name);
      checkWritten(sink, offset, bytes.length);
      buffer.set(bytes, offset);
    },
    bytes: () => buffer.subarray(0, position),
    // deno-lint-ignore require-await -- the interface is asynchronous
    async commit() {
      open = false;
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async abort() {
      if (!open) return;
      open = false;
      buffer = new Uint8Array(0);
      position = 0;
    },
  };
  return sink;
}
