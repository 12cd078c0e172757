/**
 * numpy's scalars: single elements with a dtype of their own.
 *
 * @module
 */

import { hexText } from "../../pickle/tagged.ts";
import { PyBytes, pyFloat } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PyLeaf } from "../../pickle/view.ts";
import { blockFix, swapWords } from "../../tensor/byte_order.ts";
import type { DType } from "../../tensor/dtype.ts";
import { bytesStorage } from "../../tensor/memory.ts";
import { describeDType } from "../../tensor/numpy_dtype.ts";
import type { StoredDType } from "../../tensor/numpy_dtype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { JsonValue } from "../../text/json.ts";

/**
 * A scalar as its little-endian bytes in hex, and as what JavaScript has for it.
 *
 * @param bytes just the element's, as they are stored; they are changed.
 */
export function scalarLeaf(stored: StoredDType, bytes: Uint8Array<ArrayBuffer>): PyLeaf {
  const { dtype } = stored;
  if (stored.byteOrder === "big" && dtype.word > 1) swapWords(bytes, dtype.word);
  blockFix(dtype, false, false)?.(bytes);
  const tensor = new Tensor({ dtype, shape: [], storage: bytesStorage(bytes, "scalar") });
  const plain = dtype.kind === "struct" || dtype.kind === "void" ? bytes : tensor.toJS();
  const more = new Map([["hex", hexText(bytes)]]);
  const leaf = new PyLeaf("$np", describeDType(dtype) as JsonValue, plain, more);
  leaf.item = itemOf(dtype, plain, bytes);
  return leaf;
}

/** A scalar with objects in it: its parts are nowhere but in Python's memory. */
export function objectScalarLeaf(dtype: DType): PyLeaf {
  return new PyLeaf("$np", describeDType(dtype) as JsonValue);
}

/** What Python's `item()` gives; undefined where that is no plain value. */
function itemOf(dtype: DType, plain: unknown, bytes: Uint8Array): PyValue | undefined {
  switch (dtype.kind) {
    case "int":
    case "uint":
    case "bool":
    case "str":
      return plain as PyValue;
    case "float":
      // A long double has no shorter form.
      return dtype.bits <= 64 ? pyFloat(plain as number) : undefined;
    case "bytes": {
      let end = bytes.length;
      while (end > 0 && bytes[end - 1] === 0) end--;
      return new PyBytes("bytes", bytes.slice(0, end));
    }
    default:
      return undefined;
  }
}
