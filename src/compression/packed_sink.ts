/**
 * A sink that packs what is written to it, with the codecs that every runtime has.
 *
 * @module
 */

import type { ByteSink } from "../io/sink.ts";

/** The runtime's word for each codec: its `deflate` has zlib's header. */
const STREAM_FORMATS = { zlib: "deflate", gzip: "gzip" } as const;

/** A codec's word. */
export type PackingCodec = keyof typeof STREAM_FORMATS;

/** Packs into `sink`; `position` counts plain bytes. `commit` ends the stream, not the sink. */
export function packedSink(sink: ByteSink, codec: PackingCodec): ByteSink {
  const stream = new CompressionStream(STREAM_FORMATS[codec]);
  const writer = stream.writable.getWriter();
  let position = 0;
  let failure: unknown;
  const pump = (async () => {
    const reader = stream.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await sink.write(value);
    }
  })().catch((error) => {
    failure = error;
    return writer.abort(error);
  });
  const check = () => {
    if (failure !== undefined) throw failure;
  };
  return {
    name: sink.name,
    get position() {
      return position;
    },
    async write(bytes) {
      await writer.ready.catch(check);
      check();
      // The stream takes the bytes later than this returns, and the caller may use them again.
      await writer.write(bytes.slice()).catch((error) => {
        check();
        throw error;
      });
      position += bytes.length;
    },
    async commit() {
      await writer.close().catch(check);
      await pump;
      check();
    },
    async abort() {
      await writer.abort().catch(() => {});
      await pump;
    },
  };
}
