/**
 * Byte strings that were left where they lie.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { readBytes } from "../io/source.ts";
import { PyBytes } from "./values.ts";

/** Bytes read at a time. */
const BLOCK = 1024 * 1024;

/** The bytes of a byte string, in blocks. @throws `not-loaded` if nobody knows where they lie. */
export async function* bytesChunks(
  bytes: PyBytes,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  if (bytes.data) {
    yield bytes.data;
    return;
  }
  const { source, offset, length } = bytes.span!;
  if (!source) {
    throw new StateDictError("not-loaded", `${length} bytes are still in the file`, { offset });
  }
  for (let at = 0; at < length; at += BLOCK) {
    yield await readBytes(source, offset + at, Math.min(BLOCK, length - at), signal);
  }
}

/** The same byte string with its bytes in memory. */
export async function loadBytes(bytes: PyBytes, signal?: AbortSignal): Promise<PyBytes> {
  if (bytes.data) return bytes;
  const data = new Uint8Array(bytes.length);
  let at = 0;
  for await (const block of bytesChunks(bytes, signal)) {
    data.set(block, at);
    at += block.length;
  }
  return new PyBytes(bytes.kind, data);
}
