/**
 * Pieces of a pickle of which some still lie in files.
 *
 * @module
 */

import { writeBytes } from "../../io/sink.ts";
import type { ByteSink } from "../../io/sink.ts";
import { bytesChunks, loadBytes } from "../../pickle/spans.ts";
import { PyBytes } from "../../pickle/values.ts";
import type { ByteSpan } from "../../pickle/values.ts";
import type { PickleChunk } from "../../pickle/writer.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensorBytes } from "../tensor_bytes.ts";
import type { FormatWriteOptions } from "../writer.ts";

/** Writes the pieces of a pickle; `contents` tells which tensor's elements stand for a span. */
export async function writeChunks(
  chunks: readonly PickleChunk[],
  sink: ByteSink,
  contents: ReadonlyMap<ByteSpan, Tensor>,
  options: FormatWriteOptions,
): Promise<void> {
  for (const chunk of chunks) {
    if (chunk instanceof Uint8Array) await writeBytes(sink, chunk);
    else {
      for await (const block of spanBytes(chunk, contents, options)) await writeBytes(sink, block);
    }
  }
}

function spanBytes(
  span: ByteSpan,
  contents: ReadonlyMap<ByteSpan, Tensor>,
  options: FormatWriteOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const tensor = contents.get(span);
  return tensor
    ? tensorBytes(tensor, options)
    : bytesChunks(new PyBytes("bytes", null, span), options.signal);
}

/** Reads what still lies in files, for protocols that can hold no bytes but as text. */
export async function loadSpans(
  chunks: readonly PickleChunk[],
  contents: ReadonlyMap<ByteSpan, Tensor>,
  options: FormatWriteOptions,
): Promise<Map<ByteSpan, Uint8Array<ArrayBuffer>>> {
  const loaded = new Map<ByteSpan, Uint8Array<ArrayBuffer>>();
  for (const chunk of chunks) {
    if (chunk instanceof Uint8Array) continue;
    const tensor = contents.get(chunk);
    if (!tensor) {
      const bytes = await loadBytes(new PyBytes("bytes", null, chunk), options.signal);
      loaded.set(chunk, bytes.data!);
      continue;
    }
    const data = new Uint8Array(chunk.length);
    let at = 0;
    for await (const block of tensorBytes(tensor, options)) {
      data.set(block, at);
      at += block.length;
    }
    loaded.set(chunk, data);
  }
  return loaded;
}
