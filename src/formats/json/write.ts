/**
 * Writes lossless JSON, or with `plain` what JSON can say of the values.
 *
 * @module
 */

import { PyObject } from "../../pickle/values.ts";
import type { PyPersistent, PyValue } from "../../pickle/values.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { JsonFloat, jsonText, writeJson } from "../../text/json.ts";
import { storageBytes } from "../storage_bytes.ts";
import type { FormatWriter } from "../writer.ts";
import { toBase64 } from "../../text/base64.ts";
import { encodeGraph, loadAllBytes } from "./encode.ts";
import { ENVELOPE } from "./json.ts";
import { plainJson } from "./plain.ts";
import { TorchStorage } from "../torch/storages.ts";
import { encodeStorage, encodeTensor, StorageList, tensorValues } from "./tensors.ts";

const encoder = new TextEncoder();

/** Writes `.json` files. */
export const JSON_WRITER: FormatWriter = {
  async write({ value, reduce, metadata }, sink, options) {
    if (options.plain) {
      const { json, left } = await plainJson(value, reduce, options.signal);
      await sink.write(encoder.encode(`${jsonText(json)}\n`));
      return { left };
    }
    const substitute = (node: PyObject | PyPersistent) => standAlone(node, reduce);
    await loadAllBytes(value, substitute, tensorValues, options.signal);
    const storages = new StorageList();
    const json = encodeGraph(
      value,
      (foreign, encode) =>
        foreign instanceof TorchStorage
          ? encodeStorage(foreign, storages)
          : encodeTensor(foreign, encode, storages),
      substitute,
      tensorValues,
    );
    const parts: string[] = [];
    const flush = async () => {
      await sink.write(encoder.encode(parts.join("")));
      parts.length = 0;
    };
    // A bare scalar would be told from other text only by its length.
    const bare = json === null || typeof json !== "object" || json instanceof JsonFloat;
    const wrapped = bare || storages.storages.length > 0 || metadata.size > 0;
    if (wrapped) {
      parts.push(`{${JSON.stringify(ENVELOPE)}:1,`);
      if (metadata.size > 0) parts.push(`"metadata":${jsonText(metadata)},`);
      parts.push('"value":');
    }
    writeJson(json, (part) => parts.push(part));
    await flush();
    if (wrapped) {
      parts.push(',"storages":[');
      for (const [i, storage] of storages.storages.entries()) {
        parts.push(i === 0 ? '"' : ',"');
        // Base64 joins without padding where a piece is a multiple of three bytes.
        let rest = new Uint8Array(0);
        for await (const block of storageBytes(storage, options)) {
          const joined = new Uint8Array(rest.length + block.length);
          joined.set(rest);
          joined.set(block, rest.length);
          const whole = joined.length - joined.length % 3;
          parts.push(toBase64(joined.subarray(0, whole)));
          rest = joined.slice(whole);
          await flush();
        }
        parts.push(`${toBase64(rest)}"`);
      }
      parts.push("]}");
    }
    parts.push("\n");
    await flush();
    return { left: [] };
  },
};

/**
 * A torch call node names a storage of its file, which means nothing elsewhere: the tensor that it
 * makes stands in its place.
 */
export function standAlone(
  node: PyObject | PyPersistent,
  reduce: (value: PyValue) => PyValue,
): PyValue {
  if (node instanceof PyObject && !node.calleeName.startsWith("torch.")) return node;
  const value = reduce(node);
  if (value instanceof TorchStorage) return value;
  // A tensor made of others is written as the call with those in it.
  return value instanceof Tensor && !value.isComposite ? value : node;
}
