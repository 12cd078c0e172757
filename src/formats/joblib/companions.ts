/**
 * Arrays in files of their own: joblib's layout up to 0.9.
 *
 * The pickle names a file in its own folder for each array: in npy form, or, where the pickle is
 * compressed, the bare bytes in joblib's compressed container, with the rest in the wrapper.
 *
 * @module
 */

import { locate, StateDictError } from "../../errors.ts";
import { sniffCodec, unpack } from "../../compression/codecs.ts";
import { reopening } from "../../io/reopen.ts";
import { sequentialSource } from "../../io/sequential.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import type { InlineValue } from "../../pickle/read.ts";
import { copyTensor } from "../../tensor/derive.ts";
import { Storage } from "../../tensor/storage.ts";
import type { StoragePlace } from "../../tensor/storage.ts";
import { countElements } from "../../tensor/strides.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { itemsOf, orderOf, shapeOf, textOf } from "../numpy/arguments.ts";
import { makeArray } from "../numpy/array.ts";
import { makeSubclass, storedClass } from "../numpy/classes.ts";
import { objectsError } from "../numpy/npy.ts";
import { dtypeOf } from "../numpy/pickled_dtype.ts";
import { openSource } from "../open.ts";
import { required } from "./wrapper.ts";
import type { JoblibStream, Wrapper } from "./wrapper.ts";

/** First bytes that tell a codec. */
const HEAD = 16;

/** The array of an `NDArrayWrapper`. */
export async function readCompanion(
  stream: JoblibStream,
  wrapper: Wrapper,
): Promise<InlineValue> {
  const { options } = stream;
  const { at, attributes } = wrapper;
  const { name, source } = await openCompanion(stream, wrapper);
  try {
    // joblib lets the elements be objects: their pickle is read, and judged, as a part of this file.
    const opened = await openSource(source, { ...options, objects: true });
    stream.shards.push({ name, size: source.size, opened });
    const { value } = opened;
    if (opened.format !== "npy") {
      throw new StateDictError("corrupt", `An array of joblib is in a file of ${opened.format}`);
    }
    if (!(value instanceof Tensor)) return { value, end: at };
    const { nbytes, place, byteOrder, word } = value.storage!;
    const storage = new Storage({
      ...place!,
      id: wrapper.id,
      nbytes,
      byteOrder,
      word,
      record: name,
    });
    const details = storedClass(attributes.get("subclass"));
    return { value: copyTensor(value, { storage, details }), end: at };
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
    locate: (signal) => unpackCompanion(source, nbytes, signal),
  });
  const array = makeArray({ dtype, shape, order: orderOf(fortran), storage });
  return { value: makeSubclass(array, cls), end: at };
}

/** The plain bytes, unpacked anew whenever they are read from the start. */
async function unpackCompanion(
  source: ByteSource,
  nbytes: number,
  signal?: AbortSignal,
): Promise<StoragePlace> {
  const codec = sniffCodec(await readBytes(source, 0, Math.min(HEAD, source.size), signal));
  if (!codec) {
    throw new StateDictError("corrupt", "No compressed stream begins here", { path: source.name });
  }
  const make = (signal?: AbortSignal) =>
    checkedBytes(unpack(codec, source, 0, signal ? { signal } : {}), nbytes);
  return { source: sequentialSource(nbytes, source.name, make), offset: 0 };
}

/** The pieces of a stream, the last of them only when all of it was checked. */
async function* checkedBytes(
  stream: AsyncIterable<Uint8Array>,
  nbytes: number,
): AsyncGenerator<Uint8Array, void> {
  let last: Uint8Array = new Uint8Array(0);
  let size = 0;
  for await (const piece of stream) {
    yield last;
    last = piece.slice();
    size += piece.length;
  }
  if (size !== nbytes) {
    throw new StateDictError("corrupt", `An array of ${nbytes} bytes has a file with ${size}`);
  }
  yield last;
}

async function openCompanion(
  { options: { sibling } }: JoblibStream,
  wrapper: Wrapper,
): Promise<{ name: string; source: ByteSource }> {
  const name = textOf(required(wrapper, "filename"));
  const { at } = wrapper;
  if (name === undefined) {
    throw new StateDictError("corrupt", "An array of joblib is in a file without a name", {
      offset: at,
    });
  }
  if (!sibling) {
    throw new StateDictError(
      "unsupported",
      `An array is in another file, ${JSON.stringify(name)}`,
      {
        offset: at,
        hint: "open the file by its path, with the others beside it",
      },
    );
  }
  return { name, source: await reopening(() => sibling(name)) };
}
