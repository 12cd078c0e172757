/**
 * Values as plain JSON: convenient for other programs, and no way back. What JSON can't say is
 * left out, and reported.
 *
 * @module
 */

import { PyDict, PySet } from "../../pickle/dict.ts";
import { PyBytes, PyFloat, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PyLeaf, PyView } from "../../pickle/view.ts";
import { isJsonKind } from "../../tensor/dtype.ts";
import { verifyStorage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { JsonFloat } from "../../text/json.ts";
import type { JsonValue } from "../../text/json.ts";
import type { WriteReport } from "../writer.ts";

/** Numbers of all tensors that are written as text. */
const MAX_NUMBERS = 10_000_000;

type Left = WriteReport["left"][number];

/** The JSON, and the paths of what it lacks. */
export async function plainJson(
  root: PyValue,
  reduce: (value: PyValue) => PyValue,
  signal?: AbortSignal,
): Promise<{ json: JsonValue; left: Left[] }> {
  const left: Left[] = [];
  const work: (() => Promise<void>)[] = [];
  const open = new Set<PyValue>();
  let numbers = 0;

  const leave = (path: string, why: string): undefined => void left.push({ path, why });
  const convert = (
    value: PyValue,
    path: string,
  ): JsonValue | undefined | Promise<JsonValue | undefined> => {
    const reduced = reduce(value);
    if (reduced === null || typeof reduced !== "object") return scalar(reduced, path);
    if (reduced instanceof PyFloat) return new JsonFloat(reduced.value);
    if (reduced instanceof PyLeaf) return reduced.json;
    if (reduced instanceof Tensor) return tensor(reduced, path);
    if (reduced instanceof PyBytes) return leave(path, "JSON has no bytes");
    if (open.has(reduced)) {
      return leave(path, "the object is there already: plain JSON has no references");
    }
    open.add(reduced);
    const items = itemsOf(reduced);
    if (items) {
      const list: JsonValue[] = [];
      work.push(async () => {
        for (const [i, item] of items.entries()) {
          const json = await convert(item, `${path}.${i}`);
          list.push(json === undefined ? null : json);
        }
      });
      return list;
    }
    const dict = reduced instanceof PyDict
      ? reduced
      : reduced instanceof PyView
      ? reduced.dict
      : null;
    if (!dict) return leave(path, "JSON has no objects of classes");
    const map = new Map<string, JsonValue>();
    work.push(async () => {
      for (const [key, item] of dict) {
        const name = typeof key === "string" || typeof key === "number" ? String(key) : undefined;
        if (name === undefined || map.has(name)) {
          leave(path, "a dict has a key that JSON has not");
          continue;
        }
        const json = await convert(item, path === "" ? name : `${path}.${name}`);
        if (json !== undefined) map.set(name, json);
      }
    });
    return map;
  };
  const scalar = (
    value: null | boolean | number | bigint | string,
    path: string,
  ): JsonValue | undefined => {
    if (typeof value !== "number" || Number.isInteger(value)) return value;
    return Number.isFinite(value) ? new JsonFloat(value) : leave(path, `JSON has no ${value}`);
  };
  const tensor = async (value: Tensor, path: string): Promise<JsonValue | undefined> => {
    if (value.isComposite || !value.storage) {
      return leave(path, `JSON has no ${value.layout} tensors`);
    }
    if (value.dtype.kind === "complex") return leave(path, "JSON has no complex numbers");
    if (!isJsonKind(value.dtype)) return leave(path, `JSON has no elements of ${value.dtype.name}`);
    if ((numbers += value.numel) > MAX_NUMBERS) {
      return leave(path, `more than ${MAX_NUMBERS} numbers`);
    }
    await verifyStorage(value.storage, signal);
    await value.load(signal);
    return finite(value.toJS() as Nested, value.dtype.kind === "float") ??
      leave(path, "it has NaN or infinity");
  };

  const json = await convert(root, "");
  for (let at = 0; at < work.length; at++) await work[at]!();
  return { json: json ?? null, left };
}

function itemsOf(value: PyValue): readonly PyValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof PySet) return value.values();
  return value instanceof PyView && value.shape === "list" ? value.list ?? [] : undefined;
}

type Nested = number | bigint | boolean | string | Nested[];

/** Undefined if a number isn't finite. Depth is the tensor's. */
function finite(value: Nested, float: boolean): JsonValue | undefined {
  if (!Array.isArray(value)) {
    if (typeof value !== "number" || !float) return value;
    return Number.isFinite(value) ? new JsonFloat(value) : undefined;
  }
  const list: JsonValue[] = [];
  for (const item of value) {
    const json = finite(item, float);
    if (json === undefined) return undefined;
    list.push(json);
  }
  return list;
}
