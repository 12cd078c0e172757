/**
 * Archives that end too early: their directory, which comes last, is missing.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyDict } from "../../pickle/dict.ts";
import { readPickle } from "../../pickle/read.ts";
import type { Pickle } from "../../pickle/read.ts";
import { PyObject, PyPersistent, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { FormatOptions } from "../format.ts";
import { recordAt, recordsBehind } from "./cut_records.ts";
import type { CutRecord } from "./cut_records.ts";
import { parseStorageId } from "./storages.ts";

/** What is left of an archive without a directory. */
export interface CutArchive {
  /** The folder of all records, with its slash. */
  readonly root: string;
  /** The name of the pickle's record. */
  readonly member: string;
  /** The pickle, which is whole. */
  readonly pickle: Pickle;
  /** Bytes of each storage that the pickle names, by its key. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The storages that are whole, by their key. */
  readonly whole: ReadonlyMap<string, CutRecord>;
  /** The short records that are there, by their name in the folder. */
  readonly others: ReadonlyMap<string, CutRecord>;
  /** What to say of the file: where it ends, and how many storages it still has. */
  readonly error: StateDictError;
}

/**
 * What is left, or only what to say of it if the pickle itself is cut. Undefined if the file doesn't
 * begin as PyTorch's archives do.
 */
export async function readCutShort(
  source: ByteSource,
  options: FormatOptions = {},
): Promise<CutArchive | StateDictError | undefined> {
  const { signal, limits, encoding } = options;
  const first = await recordAt(source, 0, signal);
  if (!first?.name.endsWith("/data.pkl")) return undefined;
  const root = first.name.slice(0, -"data.pkl".length);
  let pickle: Pickle;
  let sizes: Map<string, number>;
  try {
    pickle = await readPickle(source, first.data, {
      ...(signal ? { signal } : {}),
      ...(limits ? { limits } : {}),
      ...(encoding ? { encoding } : {}),
    });
    sizes = storageSizes(pickle.value);
  } catch (error) {
    if (!isStateDictError(error) || error.code !== "truncated") return undefined;
    return cutShort(source, "in the middle of its pickle: nothing of it can be saved");
  }
  const whole = new Map<string, CutRecord>();
  const others = new Map<string, CutRecord>();
  const keyOf = ({ name }: CutRecord) => name.slice(`${root}data/`.length);
  const isData = ({ name }: CutRecord) => name.startsWith(`${root}data/`);
  const sizeOf = (record: CutRecord) =>
    isData(record) ? sizes.get(keyOf(record)) ?? 0 : record.size;
  for await (const record of recordsBehind(source, pickle.end, sizeOf, signal)) {
    if (record.data + sizeOf(record) > source.size) break;
    if (!isData(record)) others.set(record.name.slice(root.length), record);
    else if (sizes.has(keyOf(record))) whole.set(keyOf(record), record);
  }
  const bytes = pickle.end + [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const where = bytes > source.size ? `of more than ${bytes}` : "before its directory";
  const error = cutShort(source, `${where}: ${whole.size} of its ${sizes.size} storages are whole`);
  return { root, member: first.name, pickle, sizes, whole, others, error };
}

function cutShort(source: ByteSource, what: string): StateDictError {
  return new StateDictError("truncated", `The file ends at byte ${source.size}, ${what}`, {
    offset: source.size,
    hint: "download or copy it again, or save the rest with verify --salvage",
  });
}

/** The bytes of each storage that the pickle names, by its key. */
function storageSizes(root: PyValue): Map<string, number> {
  const sizes = new Map<string, number>();
  const seen = new Set<PyValue>();
  const work: PyValue[] = [root];
  while (work.length > 0) {
    const value = work.pop()!;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof PyPersistent) {
      const id = parseStorageId(value);
      if (id) sizes.set(id.key, Math.max(id.nbytes, sizes.get(id.key) ?? 0));
    } else for (const part of partsOf(value)) work.push(part);
  }
  return sizes;
}

function partsOf(value: PyValue): Iterable<PyValue> {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof PyDict) return value.pairs();
  if (!(value instanceof PyObject)) return [];
  const { args, states, items, entries } = value;
  return [args, ...states ?? [], items ?? null, entries ?? null];
}
