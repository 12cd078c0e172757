/**
 * Writes joblib files: a pickle with each array's elements behind its wrapper, so that
 * `joblib.load` can map them; or the same packed.
 *
 * @module
 */

import { packedSink } from "../../compression/packed_sink.ts";
import type { PackingCodec } from "../../compression/packed_sink.ts";
import { writeBytes } from "../../io/sink.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyGlobal, PyObject, PyTuple } from "../../pickle/values.ts";
import type { ByteSpan } from "../../pickle/values.ts";
import { writePickle } from "../../pickle/writer.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { classGlobal, dtypeCall } from "../numpy/array_call.ts";
import { checkArrays, rowMajor } from "../numpy/as_array.ts";
import {
  ARRAY_CALL,
  arrayHooks,
  arrayMaker,
  DEFAULT_PROTOCOL,
  isNumpyClass,
} from "../pickle/write.ts";
import { writeChunks } from "../pickle/chunks.ts";
import type { FormatWriter } from "../writer.ts";

/** What the elements' place in the plain stream is a multiple of, as joblib has it since 1.2. */
const ALIGNMENT = 16;

const WRAPPER = new PyGlobal("joblib.numpy_pickle", "NumpyArrayWrapper");
const NDARRAY = new PyGlobal("numpy", "ndarray");

/** joblib puts arrays of numpy's own class behind wrappers. */
const WRAPPED = new RegExp(`^torch\\.|${ARRAY_CALL.source}`);

/** Writes `.joblib` files. */
export const JOBLIB_WRITER: FormatWriter = {
  async write(input, sink, options) {
    checkArrays(input.catalogue().tensors, sink.name);
    const { compress } = options;
    const plain = compress === undefined ? sink : packedSink(sink, compress as PackingCodec);
    const contents = new Map<ByteSpan, Tensor>();
    const behind = new Map<PyObject, ByteSpan>();
    const arrayOf = arrayMaker(contents);
    const wrap = (tensor: Tensor): PyObject => {
      // joblib reads wrappers as plain arrays, whatever class they name.
      if (isNumpyClass(tensor)) return arrayOf(tensor);
      const { dtype, shape, fortran, elements } = rowMajor(tensor);
      const wrapper = wrapperOf(tensor, shape, fortran ? "F" : "C", dtypeCall(dtype));
      const span = { offset: 0, length: tensor.nbytes };
      contents.set(span, elements);
      behind.set(wrapper, span);
      return wrapper;
    };
    const chunks = writePickle(input.value, {
      protocol: options.protocol ?? DEFAULT_PROTOCOL,
      ...arrayHooks(input, wrap, WRAPPED),
      unshared: true,
      inlineAfter: (object) => behind.get(object),
    });
    try {
      const inline = new Set(behind.values());
      for (const chunk of chunks) {
        if (!(chunk instanceof Uint8Array) && inline.has(chunk)) {
          await writeBytes(plain, padding(plain.position));
        }
        await writeChunks([chunk], plain, contents, options);
      }
      if (plain !== sink) await plain.commit();
    } catch (error) {
      if (plain !== sink) await plain.abort();
      throw error;
    }
    return { left: [] };
  },
};

function wrapperOf(
  { details }: Tensor,
  shape: readonly number[],
  order: "C" | "F",
  dtype: PyObject,
): PyObject {
  const wrapper = new PyObject("newobj", WRAPPER, new PyTuple([]));
  const stored = details?.get("stored_subclass");
  wrapper.states = [
    new PyDict([
      "subclass",
      typeof stored === "string" && /^numpy\./.test(stored) ? classGlobal(stored) : NDARRAY,
      "shape",
      new PyTuple([...shape]),
      "order",
      order,
      "dtype",
      dtype,
      "allow_mmap",
      true,
      "numpy_array_alignment_bytes",
      ALIGNMENT,
    ]),
  ];
  return wrapper;
}

/** A byte that counts the padding, and the padding, which is never empty: as joblib has it. */
function padding(position: number): Uint8Array {
  const length = ALIGNMENT - (position + 1) % ALIGNMENT;
  const bytes = new Uint8Array(1 + length).fill(0xff);
  bytes[0] = length;
  return bytes;
}
