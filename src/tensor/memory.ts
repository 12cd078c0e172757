/**
 * Storages over bytes that are in memory already.
 *
 * @module
 */

import { ELEMENTS } from "./elements.ts";
import { Storage } from "./storage.ts";
import type { StorageInit } from "./storage.ts";
import { provideElements } from "./tensor.ts";

/**
 * A storage over bytes in memory, little-endian: tensors over it need not be loaded first. `more`
 * tells how they lay in a file.
 */
export function bytesStorage(
  bytes: Uint8Array<ArrayBuffer>,
  id = "0",
  more: Partial<StorageInit> = {},
): Storage {
  provideElements(ELEMENTS);
  return new Storage({ ...more, id, nbytes: bytes.length, bytes });
}
