/**
 * `.npy`: one array.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import { Storage } from "../../tensor/storage.ts";
import type { StorageInit } from "../../tensor/storage.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Format, FormatOptions } from "../format.ts";
import { isNpy } from "../sniff.ts";
import { makeArray } from "./array.ts";
import { readNpyHeader } from "./npy_header.ts";
import type { NpyHeader } from "./npy_header.ts";

/** One array; bytes behind it are ignored, as numpy ignores them. */
export const NPY: Format = {
  sniff: ({ head }) => isNpy(head),

  async open(probe, options) {
    const { source, head } = probe;
    const { size } = source;
    const header = await readNpyHeader(
      size,
      (length) =>
        length <= head.length
          ? head.subarray(0, length)
          : readBytes(source, 0, length, options.signal),
    );
    if (header.stored.dtype.objects) {
      refuseObjects(options);
      const { openObjects } = await import("./npy_objects.ts");
      return await openObjects(source, header, options);
    }
    const value = npyArray(header, "0", { source, offset: header.dataStart });
    const behind = size - header.dataStart - header.nbytes;
    return {
      format: "npy",
      compression: "none",
      value,
      reduce: (same) => same,
      globals: [],
      anomalies: [],
      metadata: new Map(),
      warnings: behind === 0 ? [] : [`${behind} bytes stand behind the array`],
      close: () => source.close(),
    };
  },
};

/** The array of a header; `place` says where its bytes lie. */
export function npyArray(
  { stored, shape, order, nbytes }: NpyHeader,
  id: string,
  place: Partial<StorageInit>,
): Tensor {
  const { dtype, byteOrder } = stored;
  const storage = new Storage({ ...place, id, nbytes, byteOrder, word: dtype.word });
  return makeArray({ dtype, shape, order, storage });
}

/** Refuses an array of Python objects, unless the caller allows such arrays. */
export function refuseObjects(options: FormatOptions): void {
  if (!options.objects) throw objectsError();
}

/** The error of an array of Python objects. */
export function objectsError(): StateDictError {
  return new StateDictError(
    "refused",
    "The array's elements are Python objects, which it holds as a pickle",
    { hint: 'if you trust the file, allow "numpy.object_" (option allow)' },
  );
}
