/**
 * Raw deflate streams, unpacked by the runtime's zlib where there is one, else by fflate.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { loadBuiltin } from "../io/builtin.ts";
import type { PackedInput } from "./packed_input.ts";

/** Bytes that zlib gives out at a time: with its default of 16 KiB it runs at two thirds. */
const PIECE = 2 ** 18;

/** The least and most that one call is let to set aside ahead of the data. */
const MAX_AHEAD = 2 ** 26;

/** The part of a `node:zlib` stream that is used. */
interface InflateStream extends AsyncIterable<Uint8Array> {
  /** Packed bytes that the stream was made of; what came behind its end isn't counted. */
  readonly bytesWritten: number;
  write(bytes: Uint8Array): boolean;
  end(): void;
  destroy(error?: unknown): void;
  once(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

/** The part of `node:zlib` that is used. */
interface NodeZlib {
  createInflateRaw(options: { chunkSize: number }): InflateStream;
  inflateRawSync(
    bytes: Uint8Array,
    options: { chunkSize: number; maxOutputLength: number; info: true },
  ): { buffer: Uint8Array<ArrayBuffer>; engine: { bytesWritten: number } };
}

/** Unpacks a raw deflate stream, in bounded memory. */
export async function* inflateRaw(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  const zlib = await loadBuiltin<NodeZlib>("node:zlib");
  yield* zlib ? nativeInflate(zlib, input) : (await portable()).portableInflate(input);
}

/** What {@linkcode inflateWhole} makes. */
export interface Inflated {
  /** The plain bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many of the packed bytes made them. */
  readonly used: number;
}

/**
 * Unpacks a raw deflate stream that is in memory and should become `size` bytes; if it becomes
 * more, that is a `corrupt` error as soon as it shows.
 */
export async function inflateWhole(
  packed: Uint8Array,
  size: number,
  name: string,
): Promise<Inflated> {
  const zlib = await loadBuiltin<NodeZlib>("node:zlib");
  if (!zlib) return (await portable()).portableInflateWhole(packed, size, name);
  try {
    const { buffer, engine } = zlib.inflateRawSync(packed, {
      // One more than needed lets zlib see the end without another piece; it takes no less than 64.
      chunkSize: Math.min(Math.max(size + 1, 64), MAX_AHEAD),
      maxOutputLength: Math.max(size, 1),
      info: true,
    });
    if (buffer.length > size) throw tooLong(size, name);
    return { bytes: buffer, used: engine.bytesWritten };
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooLong(size, name);
    throw inflateError(error, name, undefined);
  }
}

/** The error of a stream that becomes more than its header says. */
export function tooLong(size: number, name: string): StateDictError {
  return new StateDictError("corrupt", `The deflated data becomes more than its ${size} bytes`, {
    path: name,
  });
}

function portable(): Promise<typeof import("./inflate_portable.ts")> {
  return import("./inflate_portable.ts");
}

async function* nativeInflate(
  zlib: NodeZlib,
  input: PackedInput,
): AsyncGenerator<Uint8Array, void> {
  const start = input.position;
  // An empty input is no error to every zlib.
  if (start === input.end) throw inflateError({ code: "Z_BUF_ERROR" }, input.name, start);
  const stream = zlib.createInflateRaw({ chunkSize: PIECE });
  feed(stream, input).catch((error) => stream.destroy(error));
  try {
    for await (const piece of stream) yield piece;
  } catch (error) {
    throw inflateError(error, input.name, start + stream.bytesWritten);
  } finally {
    stream.destroy();
  }
  input.position = start + stream.bytesWritten;
}

async function feed(stream: InflateStream, input: PackedInput): Promise<void> {
  let over = false;
  const stop = () => void (over = true);
  stream.once("end", stop);
  stream.once("close", stop);
  while (!over) {
    const chunk = await input.chunk();
    if (over) return;
    if (chunk.length === 0) return stream.end();
    if (!stream.write(chunk)) await oneOf(stream, ["drain", "end", "close"]);
  }
}

function oneOf(stream: InflateStream, events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.once(event, done);
  });
}

/** What zlib's and fflate's complaints mean. */
export function inflateError(error: unknown, path: string, offset: number | undefined): unknown {
  if (error instanceof StateDictError) return error;
  const { code, message } = error as { code?: string | number; message?: string };
  // fflate numbers its errors; 0 is its unexpected end.
  if (code === "Z_BUF_ERROR" || code === 0) {
    return new StateDictError("truncated", "The deflated data ends too early", {
      offset,
      path,
      cause: error,
    });
  }
  return new StateDictError("corrupt", `The deflated data is damaged: ${message}`, {
    offset,
    path,
    cause: error,
  });
}
