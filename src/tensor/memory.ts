/**
 * Storages over bytes that are in memory already.
 *
 * @module
 */

import { ELEMENTS } from "./elements.ts";
import { Storage } from "./storage.ts";
import { provideElements } from "./tensor.ts";

/** A storage over bytes in memory, little-endian: tensors over it need not be loaded first. */
export function bytesStorage(bytes: Uint8Array<ArrayBuffer>, id = "0"): Storage {
  provideElements(ELEMENTS);
  return new Storage({ id, nbytes: bytes.length, bytes });
}
