/**
 * One read that fills several arrays: over a network that is one request instead of several, and no
 * copy of what is read.
 *
 * @module
 */

import { readInto } from "./source.ts";
import type { ByteSource } from "./source.ts";

/** A source that can do it in one go. */
export interface ScatterSource extends ByteSource {
  /** Fills the parts one behind the other, from `offset` on. */
  readParts(offset: number, parts: readonly Uint8Array[], signal?: AbortSignal): Promise<void>;
}

/** Fills the parts one behind the other, in one go where the source can. */
export async function readParts(
  source: ByteSource | ScatterSource,
  offset: number,
  parts: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<void> {
  if ("readParts" in source) return await source.readParts(offset, parts, signal);
  let at = offset;
  for (const part of parts) {
    await readInto(source, at, part, signal);
    at += part.length;
  }
}

/** Bytes of all parts. */
export function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
