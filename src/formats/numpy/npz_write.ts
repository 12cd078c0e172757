/**
 * Writes `.npz` archives as `numpy.savez` does, and single `.npy` arrays.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { writeBytes } from "../../io/sink.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { createZipWriter } from "../../zip/writer.ts";
import type { CopyOptions } from "../storage_bytes.ts";
import { plainArrays, tensorBytes } from "../tensor_bytes.ts";
import type { FormatWriter } from "../writer.ts";
import { npyHeader } from "./npy_write.ts";

/** Archives of arrays; each name gets the ending `.npy`. */
export const NPZ_WRITER: FormatWriter = {
  async write(input, sink, options) {
    const { arrays: all, left } = plainArrays(input.catalogue(), numpyRefusal);
    // Python's zipfile ends a name there.
    const arrays = all.filter(({ name }) => !name.includes("\0"));
    for (const { name: path } of all) {
      if (path.includes("\0")) left.push({ path, why: "its name has a NUL byte" });
    }
    const zip = createZipWriter(sink, { layout: "numpy" });
    const deflate = options.compress === "deflate";
    for (const { name, tensor } of arrays) {
      const header = npyHeader(tensor.dtype, tensor.shape);
      const size = header.length + tensor.nbytes;
      await zip.add(`${name}.npy`, size, npyBytes(header, tensor, options), { deflate });
    }
    await zip.finish();
    return { left };
  },
};

/** One array. */
export const NPY_WRITER: FormatWriter = {
  async write(input, sink, options) {
    const { arrays, left } = plainArrays(input.catalogue(), numpyRefusal);
    const [only] = arrays;
    if (!only || arrays.length > 1) {
      throw new StateDictError(
        "unsupported",
        `An .npy file holds one array, and ${arrays.length} that it can hold are here`,
        { path: sink.name, hint: "choose one with --filter, or write an .npz" },
      );
    }
    const header = npyHeader(only.tensor.dtype, only.tensor.shape);
    for await (const block of npyBytes(header, only.tensor, options)) {
      await writeBytes(sink, block);
    }
    return { left };
  },
};

/** Why numpy can't hold a tensor; undefined if it can. */
export function numpyRefusal({ dtype, shape }: Tensor): string | undefined {
  if (dtype.numpy === null && dtype.kind !== "struct") return `numpy has no dtype ${dtype.name}`;
  // It multiplies the sizes that aren't 0 also where one is.
  const bytes = shape.reduce((product, size) => product * (size || 1), dtype.itemsize);
  return bytes < 2 ** 63 ? undefined : "numpy has no array of such sizes";
}

async function* npyBytes(
  header: Uint8Array<ArrayBuffer>,
  tensor: Tensor,
  options: CopyOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  yield header;
  yield* tensorBytes(tensor, options);
}
