/**
 * Elements of arrays whose structure has objects in some of its fields. A pickle holds each as a
 * tuple of Python's values; numpy gives the other fields back as scalars of their dtypes.
 *
 * @module
 */

import { PyBytes, PyFloat, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { DType, Field } from "../../tensor/dtype.ts";
import { objectScalarLeaf, scalarLeaf } from "./scalars.ts";

/** The elements as numpy gives them; one that doesn't fit its structure stays as it is. */
export function structElements(dtype: DType, elements: readonly PyValue[]): PyValue[] {
  const fields = dtype.fields!;
  return elements.map((element) => {
    if (!(element instanceof PyTuple) || element.items.length !== fields.length) return element;
    return new PyTuple(element.items.map((value, i) => fieldValue(fields[i]!, value)));
  });
}

function fieldValue({ dtype }: Field, value: PyValue): PyValue {
  if (dtype.kind === "object") return value;
  if (dtype.objects) return dtype.kind === "struct" ? objectScalarLeaf(dtype) : value;
  const bytes = encodeElement(dtype, value);
  return bytes ? scalarLeaf({ dtype, byteOrder: "little" }, bytes) : value;
}

/** How a number is put down, little-endian. */
type Put = (view: DataView, value: number) => void;

const FLOATS: ReadonlyMap<number, Put> = new Map<number, Put>([
  [32, (view, value) => view.setFloat32(0, value, true)],
  [64, (view, value) => view.setFloat64(0, value, true)],
]);

/** An element's bytes, for the dtypes whose Python values are plain; undefined for the others. */
function encodeElement(dtype: DType, value: PyValue): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(dtype.itemsize);
  const view = new DataView(bytes.buffer);
  switch (dtype.kind) {
    case "bool":
      if (typeof value !== "boolean") return undefined;
      bytes[0] = Number(value);
      return bytes;
    case "int":
    case "uint":
      return putInteger(bytes, value);
    case "float": {
      const number = value instanceof PyFloat ? value.value : value;
      const put = FLOATS.get(dtype.bits);
      if (typeof number !== "number" || !put) return undefined;
      put(view, number);
      return bytes;
    }
    case "bytes":
      return value instanceof PyBytes && value.data ? padded(bytes, value.data) : undefined;
    case "str":
      return typeof value === "string" ? putText(bytes, view, value) : undefined;
    case "struct":
      return value instanceof PyTuple ? putFields(bytes, dtype.fields!, value.items) : undefined;
    default:
      return undefined;
  }
}

/** Structures nest only as deep as their dtype was let to when it was made. */
function putFields(
  bytes: Uint8Array<ArrayBuffer>,
  fields: readonly Field[],
  values: readonly PyValue[],
): Uint8Array<ArrayBuffer> | undefined {
  for (const [i, { dtype, offset }] of fields.entries()) {
    const value = values[i];
    const inner = value === undefined ? undefined : encodeElement(dtype, value);
    if (!inner) return undefined;
    bytes.set(inner, offset);
  }
  return bytes;
}

function putInteger(
  bytes: Uint8Array<ArrayBuffer>,
  value: PyValue,
): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value !== "bigint" && !Number.isInteger(value)) return undefined;
  let rest = BigInt(value as number | bigint);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function padded(
  bytes: Uint8Array<ArrayBuffer>,
  data: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (data.length > bytes.length) return undefined;
  bytes.set(data);
  return bytes;
}

function putText(
  bytes: Uint8Array<ArrayBuffer>,
  view: DataView,
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  let at = 0;
  for (const character of text) {
    if (at === bytes.length) return undefined;
    view.setUint32(at, character.codePointAt(0)!, true);
    at += 4;
  }
  return bytes;
}
