/**
 * One tensor as `inspect --json` prints it.
 *
 * @module
 */

import { outline } from "../checkpoint/outline.ts";
import type { OutlineEntry } from "../checkpoint/outline.ts";
import type { PyValue } from "../pickle/values.ts";
import { describeDType } from "../tensor/numpy_dtype.ts";
import { sha256Hex, tensorSha256 } from "../tensor/hash.ts";
import { MAX_EXPANDED } from "../tensor/check.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { copyTensor } from "../tensor/derive.ts";
import { isStateDictError } from "../errors.ts";
import { describeValues } from "./document_values.ts";
import { errorRecord } from "./errors.ts";
import type { KnownNumbers } from "./second_hand.ts";
import type { JsonValue } from "../text/json.ts";

/** What a document is asked for beside the catalogue. */
export interface DocumentOptions {
  /** A digest of every tensor's bytes. */
  readonly sha256?: boolean;
  /** The numbers' statistics. */
  readonly stats?: boolean;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
  /** What somebody else has found of a tensor. */
  readonly known?: KnownNumbers;
}

type Fields = Map<string, JsonValue>;

/** Layouts whose elements are in parts, and under which word those are shown. */
const PART_WORDS: ReadonlyMap<string, string> = new Map([
  ["sparse_coo", "sparse"],
  ["sparse_csr", "sparse"],
  ["sparse_csc", "sparse"],
  ["sparse_bsr", "sparse"],
  ["sparse_bsc", "sparse"],
  ["nested_strided", "nested"],
  ["nested_jagged", "nested"],
  ["quantized", "quantized"],
]);

/** A shape, with integers beyond 2^53 as they are. */
const dims = (list: readonly number[]): JsonValue => list.slice();

/** A tensor as an outline gives it. */
export type TensorEntry = Omit<Extract<OutlineEntry, { kind: "tensor" }>, "name" | "depth">;

/** The record of one tensor; `reduce` tells what the nodes of its attributes stand for. */
export async function describeTensor(
  entry: TensorEntry,
  reduce: (value: PyValue) => PyValue,
  options: DocumentOptions,
): Promise<Fields> {
  const { tensor, aliasOf, moduleName } = entry;
  const { dtype, storage, layout } = tensor;
  const composite = tensor.isComposite;
  // A wrapper has a size and strides as if it were one tensor.
  const strided = !composite || layout === "dtensor" || layout === "wrapper";
  const nested = layout.startsWith("nested");
  const fields: Fields = new Map<string, JsonValue>([
    ["name", entry.path],
    ["dtype", describeDType(dtype) as JsonValue],
    ["shape", nested ? null : dims(tensor.shape)],
    [
      "stride",
      composite && layout !== "dtensor" && layout !== "wrapper" ? null : dims(tensor.stride),
    ],
    ["offset", composite ? null : tensor.offset],
    ["storage", storageId(tensor)],
    ["nbytes", strided && composite ? tensor.numel * dtype.itemsize : tensor.nbytes],
    ["layout", layout],
    ["parameter", tensor.parameter],
    ["requiresGrad", tensor.requiresGrad],
  ]);
  if (strided) fields.set("order", tensor.order);
  if (storage) {
    fields.set("storage_nbytes", storage.nbytes);
    if (storage.record !== null) fields.set("record", storage.record);
  }
  const device = tensor.device ?? storage?.device ?? null;
  if (device !== null && device !== "cpu") fields.set("device", device);
  if (tensor.className !== null && !tensor.details?.has("subclass")) {
    fields.set("class", tensor.className);
  }
  if (moduleName !== undefined) fields.set("module_name", moduleName);
  if (aliasOf !== undefined) fields.set("alias_of", aliasOf);
  if (tensor.conj || tensor.neg) fields.set("conj", tensor.conj).set("neg", tensor.neg);
  if (dtype.bits > 0 && dtype.bits < 8) fields.set("packed", true);
  if (layout === "strided") {
    for (const [key, value] of tensor.details ?? []) fields.set(key, detailJson(value));
  }
  describeStorageOrder(tensor, fields);
  await describeContents(tensor, fields, options);
  await orError(fields, () => describeParts(tensor, fields, options));
  if (tensor.state !== undefined && (!composite || layout === "wrapper")) {
    const state = await describeState(tensor.state, reduce, options);
    if (state) fields.set("state", state);
  }
  return fields;
}

function storageId(tensor: Tensor): JsonValue {
  const { layout, parts } = tensor;
  if (layout === "nested_strided") return parts!.get("buffer")!.storage?.id ?? null;
  if (layout === "nested_jagged") return parts!.get("values")!.storage?.id ?? null;
  return tensor.storage?.id ?? null;
}

/** numpy arrays say how they were stored if that isn't little-endian. */
function describeStorageOrder(tensor: Tensor, fields: Fields): void {
  const { storage, dtype } = tensor;
  if (dtype.bigFields) {
    fields.set("stored_byteorder", "big").set(
      "stored_dtype",
      describeDType(dtype, true) as JsonValue,
    );
  } else if (storage?.byteOrder === "big" && dtype.word > 1) fields.set("stored_byteorder", "big");
}

/** The digest and the statistics, or the error that stands in their place. */
async function describeContents(
  tensor: Tensor,
  fields: Fields,
  options: DocumentOptions,
): Promise<void> {
  if (tensor.isComposite || tensor.elements || !tensor.storage) {
    if (options.sha256) fields.set("sha256", null);
    return;
  }
  // A stride of 0 makes a trillion elements of four bytes: such a tensor has no digest.
  if (tensor.numel > MAX_EXPANDED && tensor.nbytes > tensor.storage.nbytes) {
    if (options.sha256) fields.set("sha256", null);
    return;
  }
  await orError(fields, async () => {
    const known = await options.known?.(tensor);
    if (options.sha256) {
      fields.set("sha256", known?.sha256 ?? await tensorSha256(tensor, options.signal));
      if (tensor.conj || tensor.neg) {
        const raw = copyTensor(tensor);
        raw.conj = raw.neg = false;
        fields.set("raw_sha256", await tensorSha256(raw, options.signal));
      }
    }
    if (options.stats) {
      const { tensorStats } = await import("../tensor/stats.ts");
      const { statsJson } = await import("./stats.ts");
      const stats = known?.stats ?? await tensorStats(tensor, options.signal);
      fields.set("stats", statsJson(stats));
    }
  });
}

/** An error of the bytes stands in the place of what they would have told. */
async function orError(fields: Fields, describe: () => Promise<void>): Promise<void> {
  try {
    await describe();
  } catch (error) {
    if (!isStateDictError(error) || error.code === "aborted") throw error;
    fields.set("error", { ...errorRecord(error) });
  }
}

/** An inner tensor in brief. */
async function brief(tensor: Tensor, options: DocumentOptions): Promise<Fields> {
  const fields: Fields = new Map<string, JsonValue>([
    ["dtype", tensor.dtype.name],
    ["shape", dims(tensor.shape)],
    ["stride", dims(tensor.stride)],
    ["offset", tensor.offset],
  ]);
  await describeContents(tensor, fields, { ...options, stats: false });
  return fields;
}

/** What makes a composite tensor up, in the words of its layout. */
async function describeParts(
  tensor: Tensor,
  fields: Fields,
  options: DocumentOptions,
): Promise<void> {
  const { layout, parts, details } = tensor;
  if (layout === "dtensor") {
    const local = parts!.get("local")!;
    fields.set("placements", (details?.get("placements") ?? []) as JsonValue);
    fields.set("local", (await brief(local, options)).set("storage", local.storage?.id ?? null));
    return;
  }
  const word = PART_WORDS.get(layout);
  if (word === undefined) return;
  const group: Fields = new Map();
  for (const [key, value] of details ?? []) group.set(key, detailJson(value));
  for (const [key, part] of parts ?? []) {
    const inner = await brief(part, options);
    // Scales and zero points are few, and what a person wants to see.
    if (layout === "quantized" && options.sha256) {
      inner.set("values", await partValues(part, options));
    }
    group.set(key, inner);
  }
  if (layout.startsWith("nested")) {
    const { describeNested } = await import("./document_nested.ts");
    await describeNested(tensor, group, fields, (part) => brief(part, options), options);
  }
  fields.set(word, group);
  if (word === "sparse" && options.sha256) await describeDense(tensor, fields, options);
}

/** The digest of a sparse tensor in full, where that is not too much. */
async function describeDense(
  tensor: Tensor,
  fields: Fields,
  options: DocumentOptions,
): Promise<void> {
  const { denseBytes, MAX_DENSE } = await import("../tensor/dense.ts");
  if (tensor.numel > MAX_DENSE) return;
  try {
    await tensor.load(options.signal);
    fields.set("dense_sha256", await sha256Hex([denseBytes(tensor)]));
  } catch (error) {
    if (!isStateDictError(error) || error.code === "aborted") throw error;
    fields.set("error", { ...errorRecord(error) });
  }
}

function detailJson(value: PyValue): JsonValue {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  return value !== null && typeof value === "object" && "value" in value
    ? value.value as number
    : null;
}

async function partValues(part: Tensor, options: DocumentOptions): Promise<JsonValue> {
  return (await part.load(options.signal)).toJS() as JsonValue;
}

/** The attributes that Python code hung on a tensor, listed as a small document of their own. */
async function describeState(
  state: PyValue,
  reduce: (value: PyValue) => PyValue,
  options: DocumentOptions,
): Promise<Fields | undefined> {
  const tensors: JsonValue[] = [];
  const entries = [...outline(state, reduce)];
  for (const entry of entries) {
    if (entry.kind !== "tensor") continue;
    tensors.push(await describeTensor(entry, reduce, options));
  }
  const values = await describeValues(entries, reduce);
  if (tensors.length === 0 && [...values.keys()].join() === "") return undefined;
  return new Map<string, JsonValue>([["tensors", tensors], ["values", values]]);
}
