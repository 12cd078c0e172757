/**
 * Arrays in the middle of a pickle: joblib's layout since 0.10.
 *
 * Behind the wrapper stand a byte that counts the padding (since joblib 1.2), the padding, and the
 * elements; or, for elements that are objects, a whole pickle. joblib keeps no sharing: an array
 * that is reached twice stands there twice.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import type { InlineValue } from "../../pickle/read.ts";
import type { PyValue } from "../../pickle/values.ts";
import { Storage } from "../../tensor/storage.ts";
import { countElements } from "../../tensor/strides.ts";
import { shapeOf, textOf } from "../numpy/arguments.ts";
import { makeArray } from "../numpy/array.ts";
import { storedClass } from "../numpy/classes.ts";
import { dtypeOf } from "../numpy/pickled_dtype.ts";
import { required } from "./wrapper.ts";
import type { JoblibStream, Wrapper } from "./wrapper.ts";

/** Finds the array behind a wrapper, without its elements. */
export async function readInlineArray(
  stream: JoblibStream,
  wrapper: Wrapper,
): Promise<InlineValue> {
  const { source, ahead, options: { signal } } = stream;
  const { id, at, context, attributes } = wrapper;
  const { dtype, byteOrder } = dtypeOf(required(wrapper, "dtype"), context);
  if (dtype.objects) return await stream.readPickle(at);
  const shape = shapeOf(required(wrapper, "shape"));
  const order = textOf(required(wrapper, "order")) === "F" ? "F" : "C";
  const offset = at + await paddingLength(attributes.get(ALIGNMENT), ahead, at, signal);
  const nbytes = countElements(shape) * dtype.itemsize;
  if (offset + nbytes > source.size) {
    throw new StateDictError(
      "truncated",
      `An array of ${nbytes} bytes is announced, but ${source.size - offset} are left`,
      { offset },
    );
  }
  const storage = new Storage({ id, nbytes, source, offset, byteOrder, word: dtype.word });
  const details = storedClass(attributes.get("subclass"));
  return { value: makeArray({ dtype, shape, order, storage, details }), end: offset + nbytes };
}

const ALIGNMENT = "numpy_array_alignment_bytes";

/** Bytes up to the elements: none before joblib 1.2, else those that the first byte counts, and it. */
async function paddingLength(
  alignment: PyValue | undefined,
  ahead: ByteSource,
  at: number,
  signal?: AbortSignal,
): Promise<number> {
  if (alignment === undefined || alignment === null) return 0;
  const [length] = await readBytes(ahead, at, 1, signal);
  return 1 + length!;
}
