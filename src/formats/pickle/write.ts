/**
 * Writes a pickle. Tensors become numpy arrays; nodes of unknown classes stay as they were read.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyBytes, PyForeign } from "../../pickle/values.ts";
import type { ByteSpan, PyObject } from "../../pickle/values.ts";
import { writePickle } from "../../pickle/writer.ts";
import type { WriteOptions } from "../../pickle/writer.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { arrayCall } from "../numpy/array_call.ts";
import { checkArrays, rowMajor } from "../numpy/as_array.ts";
import type { FormatWriter, WriteInput } from "../writer.ts";
import { loadSpans, writeChunks } from "./chunks.ts";

/** Python's own default from 3.8 to 3.13. */
export const DEFAULT_PROTOCOL = 4;

/** Calls that make arrays of numpy. */
export const ARRAY_CALL: RegExp =
  /^numpy\._?core\.(?:multiarray\._reconstruct|numeric\._frombuffer)$/;

/** Writes `.pkl` files. */
export const PICKLE_WRITER: FormatWriter = {
  async write(input, sink, options) {
    checkArrays(input.catalogue().tensors, sink.name);
    const { protocol = DEFAULT_PROTOCOL } = options;
    const contents = new Map<ByteSpan, Tensor>();
    const reduce = arrayMaker(contents);
    const hooks = arrayHooks(input, reduce, TORCH_CALL);
    const write = (protocol: number, more: WriteOptions = {}) =>
      writePickle(input.value, { protocol, ...hooks, ...more });
    if (protocol >= 3) {
      await writeChunks(write(protocol), sink, contents, options);
    } else {
      // Old protocols spell bytes as text, so they have to be in memory.
      const loaded = await loadSpans(write(DEFAULT_PROTOCOL), contents, options);
      const resolveBytes = (span: ByteSpan) => loaded.get(span)!;
      await writeChunks(write(protocol, { resolveBytes }), sink, contents, options);
    }
    return { left: [] };
  },
};

/**
 * What the pickle writer asks about arrays. Calls whose name fits `replaceable` and that stand for
 * a tensor are written as `makeArray` says;
 * all others as they were read.
 */
export function arrayHooks(
  { reduce: reduceNode }: WriteInput,
  makeArray: (tensor: Tensor) => PyObject,
  replaceable: RegExp,
): WriteOptions {
  const made = new Set<PyObject>();
  return {
    reduce(foreign) {
      if (foreign instanceof Tensor) {
        const array = makeArray(foreign);
        made.add(array);
        return array;
      }
      throw new StateDictError("unsupported", "A value of another format can't be pickled", {
        hint: "leave it out with --drop, or write a .pt or .json",
      });
    },
    persistentId(persistent) {
      if (!(reduceNode(persistent) instanceof PyForeign)) return persistent.id;
      throw new StateDictError("unsupported", "A storage by itself has no place in a pickle", {
        hint: "leave it out with --drop, or write a .pt or .json",
      });
    },
    substitute(node) {
      if (made.has(node) || !replaceable.test(node.calleeName)) return node;
      const value = reduceNode(node);
      const isArray = value instanceof Tensor && !value.elements && value.className === null;
      return isArray ? value : node;
    },
  };
}

/** A torch call names a storage of its file, which a plain pickle doesn't have. */
const TORCH_CALL = /^torch\./;

/** Makes one call for each tensor; its bytes are a span that `contents` knows. */
export function arrayMaker(contents: Map<ByteSpan, Tensor>): (tensor: Tensor) => PyObject {
  const calls = new Map<Tensor, PyObject>();
  return (tensor) => {
    let call = calls.get(tensor);
    if (!call) calls.set(tensor, call = arrayOf(tensor, contents));
    return call;
  };
}

function arrayOf(tensor: Tensor, contents: Map<ByteSpan, Tensor>): PyObject {
  const { shape, dtype, fortran, elements } = rowMajor(tensor);
  const span: ByteSpan = { offset: 0, length: tensor.nbytes };
  contents.set(span, elements);
  const className = isNumpyClass(tensor) ? tensor.className : null;
  return arrayCall(dtype, shape, new PyBytes("bytes", null, span), { fortran, className });
}

/** Whether a tensor is an array of one of numpy's own classes, such as `numpy.matrix`. */
export function isNumpyClass({ className }: Tensor): boolean {
  return className?.startsWith("numpy.") ?? false;
}
