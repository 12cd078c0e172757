/**
 * Arrays in files of their own: joblib's layout up to 0.9.
 *
 * The pickle names a file in its own folder for each array: in npy form, or, where the pickle is
 * compressed, the bare bytes in joblib's compressed container, with the rest in the wrapper.
 *
 * @module
 */

import { locate, StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import type { InlineValue } from "../../pickle/read.ts";
import { copyTensor } from "../../tensor/derive.ts";
import { Storage } from "../../tensor/storage.ts";
import type { StoragePlace } from "../../tensor/storage.ts";
import { countElements } from "../../tensor/strides.ts";
import { itemsOf, orderOf, shapeOf, textOf } from "../numpy/arguments.ts";
import { makeArray } from "../numpy/array.ts";
import { arrayClass } from "../numpy/classes.ts";
import { npyArray, objectsError } from "../numpy/npy.ts";
import { readNpyHeader } from "../numpy/npy_header.ts";
import { dtypeOf } from "../numpy/pickled_dtype.ts";
import { unpackSource } from "../packed.ts";
import { required } from "./wrapper.ts";
import type { JoblibStream, Wrapper } from "./wrapper.ts";

/** The array of an `NDArrayWrapper`. */
export async function readCompanion(
  stream: JoblibStream,
  wrapper: Wrapper,
): Promise<InlineValue> {
  const { signal } = stream.options;
  const { id, at, attributes } = wrapper;
  const { name, source } = await openCompanion(stream, wrapper);
  try {
    const header = await readNpyHeader(
      source.size,
      (length) => readBytes(source, 0, length, signal),
    );
    if (header.stored.dtype.objects) throw objectsError();
    const array = npyArray(header, id, { source, offset: header.dataStart, record: name });
    const subclass = arrayClass(attributes.get("subclass"));
    const details = new Map(subclass === null ? [] : [["stored_subclass", subclass]]);
    return { value: copyTensor(array, { details }), end: at };
  } catch (error) {
    throw locate(error, undefined, name);
  }
}

/** The array of a `ZNDArrayWrapper`: its state is that of numpy's own pickles, without the bytes. */
export async function readPackedCompanion(
  stream: JoblibStream,
  wrapper: Wrapper,
): Promise<InlineValue> {
  const { id, at, context } = wrapper;
  const { name, source } = await openCompanion(stream, wrapper);
  const [cls] = itemsOf(required(wrapper, "init_args")) ?? [];
  const [version, givenShape, givenDType, fortran] = itemsOf(required(wrapper, "state")) ?? [];
  if (version !== 1) {
    throw new StateDictError("corrupt", "An array of joblib has a state of an unknown form", {
      offset: at,
    });
  }
  const { dtype, byteOrder } = dtypeOf(givenDType, context);
  if (dtype.objects) throw objectsError();
  const shape = shapeOf(givenShape);
  const nbytes = countElements(shape) * dtype.itemsize;
  const storage = new Storage({
    id,
    nbytes,
    byteOrder,
    word: dtype.word,
    record: name,
    locate: (signal) => unpackCompanion(source, name, nbytes, signal),
  });
  const value = makeArray({ dtype, shape, order: orderOf(fortran), storage });
  value.className = arrayClass(cls);
  return { value, end: at };
}

async function unpackCompanion(
  source: ByteSource,
  name: string,
  nbytes: number,
  signal?: AbortSignal,
): Promise<StoragePlace> {
  try {
    const plain = await unpackSource(source, signal);
    if (plain.source.size === nbytes) return { source: plain.source, offset: 0 };
    throw new StateDictError(
      "corrupt",
      `An array of ${nbytes} bytes has a file with ${plain.source.size}`,
    );
  } catch (error) {
    throw locate(error, undefined, name);
  }
}

async function openCompanion(
  { options, companions }: JoblibStream,
  wrapper: Wrapper,
): Promise<{ name: string; source: ByteSource }> {
  const name = textOf(required(wrapper, "filename"));
  const { at } = wrapper;
  if (name === undefined) {
    throw new StateDictError("corrupt", "An array of joblib is in a file without a name", {
      offset: at,
    });
  }
  if (!options.sibling) {
    throw new StateDictError(
      "unsupported",
      `An array is in another file, ${JSON.stringify(name)}`,
      {
        offset: at,
        hint: "open the file by its path, with the others beside it",
      },
    );
  }
  const source = await options.sibling(name);
  companions.push(source);
  return { name, source };
}
