/**
 * The catalogue of a distributed checkpoint: which tensors there are, and in which parts of which
 * files they lie.
 *
 * Source: `torch/distributed/checkpoint/metadata.py` and `filesystem.py` of 2.13.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyGlobal, PyObject, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";
import { quoted } from "../../text/quoted.ts";

/** Where an item lies: a complete file of `torch.save` inside another file. */
export interface DcpPlace {
  /** The file's name. It is checked when the file is opened. */
  readonly file: string;
  /** Its first byte there. */
  readonly offset: number;
  /** Its bytes. */
  readonly length: number;
}

/** A block of a tensor. */
export interface DcpChunk {
  /** Its first element, by dimension. */
  readonly offsets: readonly number[];
  /** Its sizes. */
  readonly sizes: readonly number[];
  /** The item that holds it. */
  readonly place: DcpPlace;
}

/** A tensor in blocks. */
export interface DcpTensor {
  /** Its flat name. */
  readonly name: string;
  /** Its dtype. */
  readonly dtype: DType;
  /** Its sizes. */
  readonly shape: readonly number[];
  /** Its blocks, in the order of the catalogue. */
  readonly chunks: readonly DcpChunk[];
}

/** A value that is no tensor, as an item of its own. */
export interface DcpBytes {
  /** Its flat name. */
  readonly name: string;
  /** The item that holds it. */
  readonly place: DcpPlace;
  /** Tells it from a tensor. */
  readonly chunks?: undefined;
}

/** Anything that a catalogue lists. */
export type DcpItem = DcpTensor | DcpBytes;

/** One component of a path: the key of a dict, or the index of a list. */
export type PathPart = string | number;

/** A catalogue. */
export interface DcpMetadata {
  /** What it lists, in its order. */
  readonly items: readonly DcpItem[];
  /** The path of each name in the tree that was saved; empty for those that were flat. */
  readonly paths: ReadonlyMap<string, readonly PathPart[]>;
}

const MODULE = "torch.distributed.checkpoint.metadata";
const STORAGE_INFO = "torch.distributed.checkpoint.filesystem._StorageInfo";

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", `The catalogue ${what}`);
}

/** Reads the value of a `.metadata` pickle. @throws `corrupt` if it is no catalogue. */
export function parseDcpMetadata(value: PyValue): DcpMetadata {
  const root = fieldsOf(value, `${MODULE}.Metadata`);
  const listed = root?.get("state_dict_metadata");
  const stored = root?.get("storage_data");
  if (!(listed instanceof PyDict) || !(stored instanceof PyDict)) {
    throw corrupt("is no pickle of torch.distributed.checkpoint");
  }
  const places = placesOf(stored);
  const items: DcpItem[] = [];
  for (const [name, what] of listed) {
    if (typeof name !== "string") throw corrupt("has an item without a name");
    items.push(itemOf(name, what, places));
  }
  return { items, paths: pathsOf(root!.get("planner_data") ?? null) };
}

/** The attributes of an object of a class. */
function fieldsOf(value: PyValue | undefined, className: string): PyDict | undefined {
  if (!(value instanceof PyObject) || value.calleeName !== className) return undefined;
  return value.state instanceof PyDict ? value.state : undefined;
}

function itemOf(name: string, what: PyValue, places: ReadonlyMap<string, DcpPlace>): DcpItem {
  if (what instanceof PyObject && what.calleeName === `${MODULE}.BytesStorageMetadata`) {
    return { name, place: placeOf(places, name, undefined) };
  }
  const fields = fieldsOf(what, `${MODULE}.TensorStorageMetadata`);
  const listed = fields?.get("chunks");
  if (!fields || !Array.isArray(listed)) throw corrupt(`doesn't say what ${quoted(name)} is`);
  const shape = sizeOf(name, fields.get("size"));
  const chunks = listed.map((chunk: PyValue) => {
    const facts = fieldsOf(chunk, `${MODULE}.ChunkStorageMetadata`);
    const offsets = sizeOf(name, facts?.get("offsets"));
    const sizes = sizeOf(name, facts?.get("sizes"));
    return { offsets, sizes, place: placeOf(places, name, offsets) };
  });
  return { name, dtype: dtypeOf(name, fields.get("properties")), shape, chunks };
}

/** `TensorProperties` has a tuple for a state: dtype, layout, requires_grad, … */
function dtypeOf(name: string, properties: PyValue | undefined): DType {
  const state = properties instanceof PyObject ? properties.state : undefined;
  const given = state instanceof PyTuple ? state.items[0] : undefined;
  const dtype = given instanceof PyGlobal && given.module === "torch"
    ? dtypeByName(given.name)
    : undefined;
  if (!dtype) throw corrupt(`has no dtype for ${quoted(name)}`);
  if (dtype.bits % 8 === 0) return dtype;
  throw new StateDictError("unsupported", `${quoted(name)} is of dtype ${dtype.name}, in blocks`);
}

function sizeOf(name: string, value: PyValue | undefined): number[] {
  const inner = value instanceof PyObject && value.calleeName === "torch.Size"
    ? value.args.items[0]
    : value;
  const items = inner instanceof PyTuple ? inner.items : undefined;
  if (items?.every((item) => typeof item === "number" && Number.isInteger(item) && item >= 0)) {
    return items as number[];
  }
  throw corrupt(`has no sizes for ${quoted(name)}`);
}

/** A name, and for a block its first element, as one key. */
function placeKey(name: string, offsets: readonly number[] | undefined): string {
  return `${offsets?.join() ?? "bytes"} ${name}`;
}

function placeOf(
  places: ReadonlyMap<string, DcpPlace>,
  name: string,
  offsets: readonly number[] | undefined,
): DcpPlace {
  const place = places.get(placeKey(name, offsets));
  if (place) return place;
  const what = offsets ? `the block of ${quoted(name)} at ${offsets.join(", ")}` : quoted(name);
  throw corrupt(`doesn't say where ${what} lies`);
}

/** `storage_data`: `MetadataIndex` to `_StorageInfo`. */
function placesOf(stored: PyDict): Map<string, DcpPlace> {
  const places = new Map<string, DcpPlace>();
  for (const [index, info] of stored) {
    const key = fieldsOf(index, `${MODULE}.MetadataIndex`);
    const name = key?.get("fqn");
    const facts = fieldsOf(info, STORAGE_INFO);
    if (typeof name !== "string" || !facts) throw corrupt("has a place of nothing");
    const at = key!.get("offset") ?? null;
    const offsets = at === null ? undefined : sizeOf(name, at);
    places.set(placeKey(name, offsets), parsePlace(name, facts));
  }
  return places;
}

function parsePlace(name: string, facts: PyDict): DcpPlace {
  const file = facts.get("relative_path");
  const [offset, length] = [facts.get("offset"), facts.get("length")];
  if (typeof file !== "string" || !isCount(offset) || !isCount(length)) {
    throw corrupt(`doesn't say where ${quoted(name)} lies`);
  }
  const filters = facts.get("transform_descriptors") ?? null;
  if (filters === null || (Array.isArray(filters) && filters.length === 0)) {
    return { file, offset, length };
  }
  throw new StateDictError(
    "unsupported",
    `${quoted(name)} was changed by filters as it was saved`,
    {
      hint: "save the checkpoint again without extensions",
    },
  );
}

function isCount(value: PyValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** `planner_data`: the path of each flat name. */
function pathsOf(planned: PyValue): Map<string, readonly PathPart[]> {
  const paths = new Map<string, readonly PathPart[]>();
  if (planned === null) return paths;
  if (!(planned instanceof PyDict)) throw corrupt("has paths of an unknown form");
  for (const [name, path] of planned) {
    const parts = path instanceof PyTuple ? path.items : undefined;
    if (typeof name !== "string" || !parts?.length || !parts.every(isPathPart)) {
      throw corrupt("has a path that is none");
    }
    paths.set(name, parts);
  }
  return paths;
}

function isPathPart(value: PyValue): value is PathPart {
  return typeof value === "string" || (isCount(value) && Number.isInteger(value));
}
