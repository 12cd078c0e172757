/**
 * The forms in which `extract` writes one tensor. A new one is a function and a line.
 *
 * @module
 */

import { npyHeader } from "../formats/numpy/npy_write.ts";
import { tensorBytes } from "../formats/tensor_bytes.ts";
import { verifyStorage } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { jsonText } from "../text/json.ts";
import { tensorJson } from "./tensor_json.ts";

/** What a form is told. */
export interface TensorFormOptions {
  /** Elements that may be written as text. */
  readonly maxElements: number;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** One form. */
export interface TensorForm {
  /** Ending of the files. */
  readonly extension: string;
  /** Whether several can follow one another in one stream. */
  readonly streams: boolean;
  /** The bytes, in blocks that are good until the next is asked for. */
  chunks(name: string, tensor: Tensor, options: TensorFormOptions): AsyncGenerator<Uint8Array>;
}

const encoder = new TextEncoder();

/** By the word of `--format`. */
export const TENSOR_FORMS: ReadonlyMap<string, TensorForm> = new Map<string, TensorForm>([
  ["json", {
    extension: "json",
    streams: true,
    async *chunks(name, tensor, { maxElements, signal }) {
      if (tensor.storage) await verifyStorage(tensor.storage, signal);
      yield encoder.encode(`${jsonText(await tensorJson(name, tensor, maxElements, signal))}\n`);
    },
  }],
  ["npy", {
    extension: "npy",
    streams: false,
    async *chunks(_name, tensor, { signal }) {
      yield npyHeader(tensor.dtype, tensor.shape);
      yield* tensorBytes(tensor, signal ? { signal } : {});
    },
  }],
  ["bin", {
    extension: "bin",
    streams: false,
    async *chunks(_name, tensor, { signal }) {
      yield* tensorBytes(tensor, signal ? { signal } : {});
    },
  }],
]);
