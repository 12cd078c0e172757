/**
 * A packed stream as a source of its plain bytes: read anywhere, unpacked from front to back.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkAborted, checkRange } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { unpack } from "./codecs.ts";
import type { Unpacked, Unpacker, UnpackOptions } from "./codecs.ts";
import { slidingPages } from "./pages.ts";

/** Plain bytes that are kept of any stream, and of any stream at the most. */
const LEAST_KEPT = 2 ** 26;
const MOST_KEPT = 2 ** 29;

/**
 * Plain bytes that are kept unless the caller says otherwise: four times the packed bytes, which is
 * all there is of most, but 64 MiB of a small stream and 512 MiB of a large one.
 */
export function keptBytes(packed: number): number {
  return Math.min(Math.max(4 * packed, LEAST_KEPT), MOST_KEPT);
}

/** How a stream is unpacked and kept. */
export interface UnpackedSourceOptions extends UnpackOptions {
  /**
   * Most plain bytes to keep in memory; {@linkcode keptBytes} of the packed ones by default. A stream
   * that becomes no more is unpacked once. Of a larger one the last bytes that were read are kept.
   */
  readonly keep?: number;
}

/** The plain bytes of a packed stream. Closing it closes the packed source too. */
export interface UnpackedSource extends ByteSource {
  /** Offset in the packed source behind the stream: what lies there belongs to nobody. */
  readonly packedEnd: number;
}

/**
 * Unpacks the stream that begins at `start` once, to check it and to learn its size, and makes a
 * source of it. Reading back behind what is kept unpacks it anew from its start, so large streams
 * are for readers that go from front to back.
 *
 * @throws What {@linkcode unpack} throws: `truncated`, `corrupt`, `unsupported`, `limit`.
 */
export async function unpackedSource(
  codec: Unpacker,
  source: ByteSource,
  start: number,
  options: UnpackedSourceOptions = {},
): Promise<UnpackedSource> {
  const { end = source.size, keep = keptBytes(end - start) } = options;
  const stream = unpack(codec, source, start, options);
  let reader = forwardReader(stream, keep);
  while (await reader.more()) checkAborted(options.signal);
  const size = reader.end;
  const packedEnd = stream.end!;
  let turn: Promise<unknown> = Promise.resolve();

  const fill = async (offset: number, target: Uint8Array, signal?: AbortSignal) => {
    for (let done = 0; done < target.length;) {
      checkAborted(signal);
      const at = offset + done;
      if (at < reader.start) {
        await reader.close();
        reader = forwardReader(unpack(codec, source, start, { end: packedEnd, limit: size }), keep);
      }
      if (at < reader.end) done += reader.copy(at, target.subarray(done));
      else if (!await reader.more()) throw changed(source, size);
    }
  };
  const plain: UnpackedSource = {
    size,
    packedEnd,
    name: source.name,
    async read(offset, target, signal) {
      checkRange(plain, offset, target.length);
      // Reads share one stream, so each waits for those before it.
      const read = turn.then(() => fill(offset, target, signal));
      turn = read.catch(() => {});
      await read;
    },
    async close() {
      await turn;
      await reader.close();
      await source.close();
    },
  };
  return plain;
}

/** A stream that is being unpacked, and the last bytes it gave. */
interface ForwardReader {
  readonly start: number;
  readonly end: number;
  /** Takes some more bytes in; false at the stream's end. */
  more(): Promise<boolean>;
  copy(offset: number, target: Uint8Array): number;
  close(): Promise<void>;
}

function forwardReader(stream: Unpacked, keep: number): ForwardReader {
  const pieces = stream[Symbol.asyncIterator]();
  const pages = slidingPages(keep);
  let rest: Uint8Array = new Uint8Array(0);
  return {
    get start() {
      return pages.start;
    },
    get end() {
      return pages.end;
    },
    async more() {
      if (rest.length === 0) {
        const next = await pieces.next();
        if (next.done) return false;
        rest = next.value;
      }
      rest = rest.subarray(pages.append(rest));
      return true;
    },
    copy: pages.copy,
    async close() {
      await pieces.return?.();
    },
  };
}

function changed(source: ByteSource, size: number): StateDictError {
  return new StateDictError("io", `The packed data no longer become ${size} bytes`, {
    path: source.name,
    hint: "the file has changed while it was read; open it again",
  });
}
