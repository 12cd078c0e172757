/**
 * The one place that decides whether a tensor's elements can be had, and how many.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { MAX_EXPANDED } from "./check.ts";
import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** The storage of a tensor that has elements as bytes. */
export function storageOf(tensor: Tensor): Storage {
  if (tensor.isComposite) {
    throw new StateDictError(
      "unsupported",
      `A tensor with the layout ${tensor.layout} has no elements of its own`,
      { hint: `read its parts: ${[...tensor.parts?.keys() ?? []].join(", ")}` },
    );
  }
  if (tensor.dtype.objects) {
    throw new StateDictError("unsupported", "An array of Python objects has no bytes", {
      hint: "read its elements",
    });
  }
  if (!tensor.storage) {
    throw new StateDictError("unsupported", "A tensor on the meta device has no bytes");
  }
  return tensor.storage;
}

/** The bytes of a tensor's loaded storage. */
export function loadedBytes(tensor: Tensor): Uint8Array<ArrayBuffer> {
  const { bytes } = storageOf(tensor);
  if (bytes) return bytes;
  throw new StateDictError("not-loaded", "The tensor's bytes are still in the file", {
    hint: "await tensor.load() first",
  });
}

/** The storage's byte at which a tensor begins. */
export function firstByte(tensor: Tensor): number {
  return tensor.offset * tensor.dtype.bits / 8;
}

/** Whether a view is far larger than what it looks at. */
export function expandsTooFar(tensor: Tensor, maxElements: number = MAX_EXPANDED): boolean {
  return tensor.numel > maxElements && tensor.nbytes > (tensor.storage?.nbytes ?? 0);
}

/** Refuses a view that is far larger than what it looks at. */
export function checkExpansion(tensor: Tensor, maxElements: number = MAX_EXPANDED): void {
  if (!expandsTooFar(tensor, maxElements)) return;
  throw new StateDictError(
    "limit",
    `A tensor has ${tensor.numel} elements, but its storage only ${tensor.storage?.nbytes} bytes`,
    { hint: `raise maxElements above ${maxElements}` },
  );
}

/** Room for so many bytes, on a whole number of words. */
export function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    throw new StateDictError(
      "limit",
      `A tensor takes ${bytes} bytes, more than this runtime holds in one piece`,
      { hint: "read it in parts, with chunks()", cause: error },
    );
  }
}
