/**
 * Raw deflate, packed by the runtime's zlib where there is one, else by fflate.
 *
 * @module
 */

import { loadBuiltin } from "../io/builtin.ts";

/** The part of a `node:zlib` stream that is used. */
interface DeflateStream extends AsyncIterable<Uint8Array> {
  write(bytes: Uint8Array, done: (error?: unknown) => void): boolean;
  end(): void;
  destroy(error?: unknown): void;
}

interface NodeZlib {
  createDeflateRaw(options: { chunkSize: number }): DeflateStream;
}

/** Packs bytes at zlib's usual level, 6, in bounded memory. */
export async function* deflateRaw(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const zlib = await loadBuiltin<NodeZlib>("node:zlib");
  yield* zlib ? nativeDeflate(zlib, pieces) : portableDeflate(pieces);
}

async function* nativeDeflate(
  zlib: NodeZlib,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const stream = zlib.createDeflateRaw({ chunkSize: 2 ** 16 });
  // Each piece is waited for: whoever gives it may use its memory again for the next.
  const feed = async () => {
    for await (const piece of pieces) {
      await new Promise<void>((resolve, reject) =>
        stream.write(piece, (error) => error ? reject(error) : resolve())
      );
    }
    stream.end();
  };
  feed().catch((error) => stream.destroy(error));
  try {
    yield* stream;
  } finally {
    stream.destroy();
  }
}

/** The same by fflate, for browsers. */
export async function* portableDeflate(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const { Deflate } = await import("fflate");
  let packed: Uint8Array[] = [];
  const engine = new Deflate({ level: 6 }, (bytes) => packed.push(bytes));
  for await (const piece of pieces) {
    engine.push(piece, false);
    yield* packed;
    packed = [];
  }
  engine.push(new Uint8Array(0), true);
  yield* packed;
}
