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
import type { ArrayPlan, FormatWriter, WriteInput } from "../writer.ts";
import { npyHeader } from "./npy_write.ts";

/** Archives of arrays; each name gets the ending `.npy`. */
export const NPZ_WRITER: FormatWriter = {
  plan: planNpz,
  async write(input, sink, options) {
    const { arrays, left } = planNpz(input);
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

function planNpz(input: WriteInput): ArrayPlan {
  const { arrays, left } = plainArrays(input.catalogue(), numpyRefusal);
  // Python's zipfile ends a name at a NUL.
  const cut = arrays.filter(({ name }) => name.includes("\0"));
  return {
    arrays: arrays.filter(({ name }) => !name.includes("\0")),
    tied: new Map(),
    left: [...left, ...cut.map(({ name: path }) => ({ path, why: "its name has a NUL byte" }))],
  };
}

/** One array. */
export const NPY_WRITER: FormatWriter = {
  plan: (input) => planNpy(input),
  async write(input, sink, options) {
    const { arrays: [only], left } = planNpy(input, sink.name);
    const { tensor } = only!;
    const header = npyHeader(tensor.dtype, tensor.shape);
    for await (const block of npyBytes(header, tensor, options)) {
      await writeBytes(sink, block);
    }
    return { left };
  },
};

function planNpy(input: WriteInput, path?: string): ArrayPlan {
  const { arrays, left } = plainArrays(input.catalogue(), numpyRefusal);
  if (arrays.length === 1) return { arrays, tied: new Map(), left };
  throw new StateDictError(
    "unsupported",
    `An .npy file holds one array, and ${arrays.length} that it can hold are here`,
    {
      ...(path === undefined ? {} : { path }),
      hint: "choose one with --filter, or write an .npz",
    },
  );
}

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
