/**
 * What a caller may hand in as a file.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { blobSource, bytesSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";

/** A path, a `file:` URL, a `Blob` or `File`, bytes, or a source of one's own. */
export type Input = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;

function isSource(input: Input): input is ByteSource {
  return typeof (input as ByteSource).read === "function" &&
    typeof (input as ByteSource).size === "number";
}

/** Makes a source of the input; the second part tells whether closing it is ours to do. */
export async function toSource(input: Input): Promise<ByteSource> {
  if (typeof input === "string" || input instanceof URL) {
    const { openFile } = await import("../io/file.ts");
    return openFile(input);
  }
  if (input instanceof Blob) return blobSource(input);
  if (input instanceof ArrayBuffer) return bytesSource(new Uint8Array(input));
  if (input instanceof Uint8Array) {
    // Memory that other threads may change under us is copied, so that checks stay true.
    const own = input.buffer instanceof ArrayBuffer
      ? input as Uint8Array<ArrayBuffer>
      : new Uint8Array(input);
    return bytesSource(own);
  }
  if (isSource(input)) return input;
  throw new StateDictError("usage", "The input is no path, URL, Blob, bytes or source");
}
