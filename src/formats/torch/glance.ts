/**
 * A quick look at a checkpoint as `torch.save` writes most: state dicts of strided tensors, with
 * numbers, text and lists beside them. It names and measures the tensors as `zip.ts` and the
 * reducers do, and gives up wherever they would find more, or an error, to tell.
 *
 * @module
 */

import type { GlanceFile } from "../../io/glance_file.ts";
import { glancePickle } from "../../pickle/glance.ts";
import {
  GlancedCall,
  GlancedDict,
  GlancedId,
  GlancedList,
  GlancedName,
  LEAF,
} from "../../pickle/glance_values.ts";
import type { GlancedValue } from "../../pickle/glance_values.ts";
import { countElements, isColumnMajor, isRowMajor, spanOf } from "../../tensor/strides.ts";
import { glanceMember, glanceZip } from "../../zip/glance.ts";
import type { GlancedArchive, GlancedMember } from "../../zip/glance.ts";

/** A storage: one object for each, to tell who shares it. */
export interface GlancedStorage {
  /** Bytes. */
  readonly nbytes: number;
  /** The dtype of the class that names it. */
  readonly dtype: string;
  /** Bytes of an element. */
  readonly itemsize: number;
  /** Elements. */
  readonly numel: number;
}

/** A tensor. */
export interface GlancedTensor {
  /** Where it is in the value tree. */
  readonly path: string;
  /** Where the very same tensor was met first. */
  readonly aliasOf: string | undefined;
  /** Its storage. */
  readonly storage: GlancedStorage;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Elements. */
  readonly numel: number;
  /** Their bytes. */
  readonly nbytes: number;
  /** Row-major, column-major or neither. */
  readonly order: "C" | "F" | "K";
  /** A `Parameter`. */
  readonly parameter: boolean;
}

/** What a listing tells of a checkpoint. */
export interface TorchGlance {
  /** The tensors in the file's order. */
  readonly tensors: readonly GlancedTensor[];
  /** Paths of the containers with anything in them, depth first. */
  readonly containers: readonly string[];
  /** Values that are no tensors and no containers with anything in them. */
  readonly leaves: number;
}

const ORDERED_DICT = "collections.OrderedDict";
const REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
const REBUILD_PARAMETER = "torch._utils._rebuild_parameter";
const CALLEES = new Set([ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER]);

/** A pickle larger than this is left to the machine, whose limits say what to do about it. */
const LARGEST_PICKLE = 2 ** 26;

/** Looks at the file; undefined if it is anything but such a checkpoint, whole and sound. */
export async function glanceTorch(file: GlanceFile): Promise<TorchGlance | undefined> {
  const archive = await glanceZip(file);
  const first = archive?.members.values().next().value;
  if (!archive || !first) return undefined;
  const root = first.name.slice(0, first.name.indexOf("/") + 1);
  if (root === "" || !await isPlainArchive(archive, root)) return undefined;
  const record = archive.members.get(`${root}data.pkl`);
  if (!record || record.size > LARGEST_PICKLE) return undefined;
  const pickle = await glanceMember(archive, record);
  const value = pickle && glancePickle(pickle, CALLEES);
  return value === undefined
    ? undefined
    : walk(value, (key) => archive.members.get(`${root}data/${key}`));
}

/** Whether all is in one folder, without TorchScript's constants, of a known version and byte order. */
async function isPlainArchive(archive: GlancedArchive, root: string): Promise<boolean> {
  for (const { name } of archive.members.values()) if (!name.startsWith(root)) return false;
  if (archive.members.has(`${root}constants.pkl`)) return false;
  // torch has written version 3 since 1.6; archives that it made before are rare.
  const version = await shortText(archive, `${root}version`);
  if (version !== "3\n" || archive.members.get(`${root}.data/version`)) return false;
  const order = await shortText(archive, `${root}byteorder`);
  return order === "little" || (order === undefined && !archive.members.get(`${root}byteorder`));
}

const SHORT_RECORD = 16;

async function shortText(archive: GlancedArchive, name: string): Promise<string | undefined> {
  const member = archive.members.get(name);
  if (!member || member.size > SHORT_RECORD) return undefined;
  const bytes = await glanceMember(archive, member);
  return bytes && new TextDecoder().decode(bytes);
}

/** Deeper trees are left to the walk that measures every path. */
const DEEPEST = 64;

interface Open {
  readonly path: string;
  readonly parts: readonly GlancedValue[];
  /** Keys and values in turn, not values alone. */
  readonly keyed: boolean;
  next: number;
}

/** Walks the value as `outline.ts` does, depth first. */
function walk(
  value: GlancedValue,
  find: (key: string) => GlancedMember | undefined,
): TorchGlance | undefined {
  const tensors: GlancedTensor[] = [];
  const containers: string[] = [];
  const storages = new Map<string, GlancedStorage>();
  const seen = new Map<GlancedValue, string>();
  const open: Open[] = [];
  let leaves = 0;
  let path = "";
  for (;;) {
    if (value === LEAF || typeof value === "string" || typeof value === "number") leaves++;
    else {
      const first = seen.get(value);
      if (value instanceof GlancedCall && value.name !== ORDERED_DICT) {
        const tensor = describe(value, path, first, storages, find);
        if (!tensor) return undefined;
        tensors.push(tensor);
        if (first === undefined) seen.set(value, path);
      } else {
        const parts = partsOf(value);
        if (!parts || open.length > DEEPEST) return undefined;
        const isEmptyTuple = Array.isArray(value) && parts.length === 0;
        if (first === undefined) {
          if (isKeyed(value) && mayCollide(parts)) return undefined;
          if (parts.length === 0) leaves++;
          else {
            containers.push(path);
            open.push({ path, parts, keyed: isKeyed(value), next: 0 });
          }
          if (!isEmptyTuple) seen.set(value, path);
        }
      }
    }
    let parent = open[open.length - 1];
    while (parent && parent.next === parent.parts.length) {
      open.pop();
      parent = open[open.length - 1];
    }
    if (!parent) return { tensors, containers, leaves };
    const key = parent.keyed ? parent.parts[parent.next++]! : parent.next;
    value = parent.parts[parent.next++]!;
    path = parent.path === "" ? String(key) : `${parent.path}.${String(key)}`;
    // The one name that a listing says more about.
    if (path === "" || key === "_sklearn_version") return undefined;
  }
}

function isKeyed(value: GlancedValue): boolean {
  return value instanceof GlancedDict || value instanceof GlancedCall;
}

/** Whether two paths are one: a key comes twice, or spells a way through a container beside it. */
function mayCollide(entries: readonly GlancedValue[]): boolean {
  const keys = new Set<string>();
  const containers = new Set<string>();
  for (let i = 0; i < entries.length; i += 2) {
    const key = String(entries[i]);
    keys.add(key);
    if (isContainer(entries[i + 1]!)) containers.add(key);
  }
  if (keys.size * 2 !== entries.length) return true;
  if (containers.size === 0) return false;
  for (const key of keys) {
    for (let dot = key.indexOf("."); dot >= 0; dot = key.indexOf(".", dot + 1)) {
      if (containers.has(key.slice(0, dot))) return true;
    }
  }
  return false;
}

function isContainer(value: GlancedValue): boolean {
  return typeof value === "object" &&
    !(value instanceof GlancedCall && value.name !== ORDERED_DICT);
}

function partsOf(value: GlancedValue): readonly GlancedValue[] | undefined {
  if (value instanceof GlancedDict) return value.flat;
  if (value instanceof GlancedList) return value.items;
  if (Array.isArray(value)) return value;
  if (value instanceof GlancedCall && value.args.length === 0) return value.entries ?? [];
  return undefined;
}

/** The tensor that a call rebuilds, if it is one like most. */
function describe(
  call: GlancedCall,
  path: string,
  aliasOf: string | undefined,
  storages: Map<string, GlancedStorage>,
  find: (key: string) => GlancedMember | undefined,
): GlancedTensor | undefined {
  const parameter = call.name === REBUILD_PARAMETER;
  const inner = parameter ? call.args[0] : call;
  if (!(inner instanceof GlancedCall) || inner.name !== REBUILD_TENSOR) return undefined;
  if (inner.args.length !== 6 || (parameter && call.args.length !== 3)) return undefined;
  const [id, offset, size, stride] = inner.args;
  const storage = storageOf(id!, storages, find);
  const shape = whole(size!);
  const strides = whole(stride!);
  if (!storage || !shape || !strides || shape.length !== strides.length) return undefined;
  if (typeof offset !== "number" || offset < 0 || shape.length > MOST_DIMS) return undefined;
  const numel = countElements(shape);
  const order = isRowMajor(shape, strides) ? "C" : isColumnMajor(shape, strides) ? "F" : "K";
  const span = order === "K" ? spanOf(shape, strides) : numel;
  // Beyond its storage, or so large that sums are no longer exact.
  if (numel > 0 && !(offset + span <= storage.numel)) return undefined;
  const nbytes = numel * storage.itemsize;
  if (!Number.isSafeInteger(nbytes)) return undefined;
  return { path, aliasOf, storage, shape, numel, nbytes, order, parameter };
}

/** More dimensions than any tensor of a model has. */
const MOST_DIMS = 16;

/** A tuple of sizes or strides. */
function whole(value: GlancedValue): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const item of value) if (typeof item !== "number" || item < 0) return undefined;
  return value as number[];
}

/** Keys as torch writes them. */
const KEY = /^[A-Za-z0-9_-]{1,255}$/;

/** The classes of the storages that tensors of a plain dtype have, with it and its bytes. */
const ELEMENTS: ReadonlyMap<string, readonly [dtype: string, itemsize: number]> = new Map([
  ["torch.FloatStorage", ["float32", 4]],
  ["torch.BFloat16Storage", ["bfloat16", 2]],
  ["torch.HalfStorage", ["float16", 2]],
  ["torch.DoubleStorage", ["float64", 8]],
  ["torch.LongStorage", ["int64", 8]],
  ["torch.IntStorage", ["int32", 4]],
  ["torch.ShortStorage", ["int16", 2]],
  ["torch.CharStorage", ["int8", 1]],
  ["torch.ByteStorage", ["uint8", 1]],
  ["torch.BoolStorage", ["bool", 1]],
  ["torch.ComplexFloatStorage", ["complex64", 8]],
  ["torch.ComplexDoubleStorage", ["complex128", 16]],
]);

function storageOf(
  value: GlancedValue,
  storages: Map<string, GlancedStorage>,
  find: (key: string) => GlancedMember | undefined,
): GlancedStorage | undefined {
  if (!(value instanceof GlancedId) || !Array.isArray(value.id)) return undefined;
  const [kind, type, key, location, numel] = value.id;
  if (
    value.id.length !== 5 || kind !== "storage" || !(type instanceof GlancedName) ||
    typeof key !== "string" || typeof location !== "string" || typeof numel !== "number" ||
    numel < 0
  ) return undefined;
  const [dtype, itemsize] = ELEMENTS.get(type.name) ?? ["", NaN];
  const known = storages.get(key);
  if (known) return known.dtype === dtype && known.numel === numel ? known : undefined;
  const nbytes = numel * itemsize;
  if (!KEY.test(key) || find(key)?.size !== nbytes) return undefined;
  const made = { nbytes, dtype, itemsize, numel };
  storages.set(key, made);
  return made;
}
