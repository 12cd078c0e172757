/**
 * The codecs in which whole files come packed, and how a packed stream is read in bounded memory.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { memorySink } from "../io/sink.ts";
import type { ByteSource } from "../io/source.ts";
import { inflationLimit } from "./limits.ts";
import { packedInput } from "./packed_input.ts";
import type { PackedInput } from "./packed_input.ts";

/**
 * Unpacks one stream: yields its bytes in pieces that are the reader's until it asks for the next,
 * checks its checksums, and leaves `input.position` behind its last byte.
 */
export type Decode = (input: PackedInput) => AsyncIterable<Uint8Array>;

/** How packed bytes become plain ones; the code is loaded when it is needed. */
export interface Unpacker {
  /** What the codec is called. */
  readonly name: string;
  /** Its code. */
  load(): Promise<Decode>;
}

/** A codec that knows its streams by their first bytes. */
export interface Codec extends Unpacker {
  /** Whether a stream that begins with these bytes is one of this codec's; 16 are enough. */
  sniff(head: Uint8Array): boolean;
  /** What stands around its streams, where that is something of its own. */
  readonly container?: string;
}

/** Every codec that joblib knows by first bytes; no two begin alike. */
export const CODECS: readonly Codec[] = [
  {
    name: "zlib",
    sniff: (head) => startsWith(head, 0x78),
    load: async () => (await import("./zlib.ts")).decodeZlib,
  },
  {
    name: "gzip",
    sniff: (head) => startsWith(head, 0x1f, 0x8b),
    load: async () => (await import("./gzip.ts")).decodeGzip,
  },
  {
    name: "bz2",
    sniff: (head) => startsWith(head, 0x42, 0x5a),
    load: async () => (await import("./bz2/bz2.ts")).decodeBz2,
  },
  {
    name: "lzma",
    sniff: (head) => startsWith(head, 0x5d, 0),
    load: async () => (await import("./lzma/lzma.ts")).decodeLzma,
  },
  {
    name: "xz",
    sniff: (head) => startsWith(head, 0xfd, 0x37, 0x7a, 0x58, 0x5a),
    load: async () => (await import("./xz/xz.ts")).decodeXz,
  },
  {
    name: "lz4",
    sniff: (head) => startsWith(head, 0x04, 0x22, 0x4d, 0x18),
    load: async () => (await import("./lz4/lz4.ts")).decodeLz4,
  },
  {
    name: "zlib",
    container: "ZF",
    sniff: (head) => startsWith(head, 0x5a, 0x46),
    load: async () => (await import("./zf.ts")).decodeZf,
  },
];

/** The codec of a stream that begins with these bytes, if it is one. */
export function sniffCodec(head: Uint8Array): Codec | undefined {
  return CODECS.find((codec) => codec.sniff(head));
}

function startsWith(head: Uint8Array, ...magic: number[]): boolean {
  return magic.every((byte, i) => head[i] === byte);
}

/** How a stream is unpacked. */
export interface UnpackOptions {
  /** Where the packed bytes end at the latest; the source's end by default. */
  readonly end?: number;
  /** Most bytes to give out; {@linkcode inflationLimit} of the packed bytes by default. */
  readonly limit?: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** A stream being unpacked: its plain bytes in pieces, each the reader's until it asks for the next. */
export interface Unpacked extends AsyncIterable<Uint8Array> {
  /**
   * Offset in the source behind the stream, once all of it has been read. What lies between it and
   * the end of the packed bytes belongs to nobody.
   */
  readonly end: number | undefined;
}

/** Unpacks the stream that begins at `start`, in bounded memory. */
export function unpack(
  codec: Unpacker,
  source: ByteSource,
  start: number,
  options: UnpackOptions = {},
): Unpacked {
  let end: number | undefined;
  async function* pieces(): AsyncGenerator<Uint8Array, void> {
    const input = packedInput(source, start, options.end, options.signal);
    const { limit = inflationLimit(input.end - start) } = options;
    const decode = await codec.load();
    let size = 0;
    for await (const piece of decode(input)) {
      size += piece.length;
      if (size > limit) throw overLimit(codec.name, limit, source.name, start);
      yield piece;
    }
    end = input.position;
  }
  return {
    [Symbol.asyncIterator]: pieces,
    get end() {
      return end;
    },
  };
}

/** Unpacks a whole stream into memory. */
export async function unpackAll(
  codec: Unpacker,
  source: ByteSource,
  start: number,
  options: UnpackOptions = {},
): Promise<{ bytes: Uint8Array<ArrayBuffer>; end: number }> {
  const sink = memorySink();
  const stream = unpack(codec, source, start, options);
  for await (const piece of stream) sink.writeSync!(piece);
  return { bytes: sink.bytes(), end: stream.end! };
}

/** The error of a stream that becomes too much. */
export function overLimit(
  codec: string,
  limit: number,
  path: string,
  offset: number,
): StateDictError {
  return new StateDictError("limit", `The ${codec} stream becomes more than ${limit} bytes`, {
    offset,
    path,
    hint: "if you trust the file, raise the limit on unpacked bytes",
  });
}
