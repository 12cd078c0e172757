/**
 * A web stream as a sink.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { blockBuffer } from "./block_buffer.ts";
import { checkOpen } from "./sink.ts";
import type { ByteSink } from "./sink.ts";

/**
 * Writes to a stream as fast as it takes the bytes. A stream can't take back what it has: after
 * `abort` its reader has seen a part of the output, and an error.
 */
export function streamSink(stream: WritableStream<Uint8Array>, name = "stream"): ByteSink {
  const writer = stream.getWriter();
  writer.closed.catch(() => {}); // a failure shows at the next write
  const blocks = blockBuffer();
  let position = 0;
  let open = true;
  const send = async (bytes: Uint8Array) => {
    try {
      await writer.ready;
      // The reader may keep what it gets, and the block is used again.
      await writer.write(bytes.slice());
    } catch (error) {
      throw new StateDictError("io", "The stream takes no more bytes", {
        path: name,
        cause: error,
      });
    }
  };
  return {
    name,
    get position() {
      return position;
    },
    async write(bytes) {
      checkOpen(open, name);
      for (const block of blocks.push(bytes)) await send(block);
      position += bytes.length;
    },
    async commit() {
      checkOpen(open, name);
      if (blocks.waiting > 0) await send(blocks.flush());
      open = false;
      await writer.close();
    },
    async abort() {
      if (!open) return;
      open = false;
      await writer.abort(new StateDictError("aborted", "The output was not finished")).catch(
        () => {},
      );
    },
  };
}
