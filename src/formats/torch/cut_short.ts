/**
 * Archives that end too early: their directory, which comes last, is missing.
 *
 * The records lie in the order of the pickle's storages, and the pickle comes first, so a walk from
 * header to header tells what is there.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyDict } from "../../pickle/dict.ts";
import { readPickle } from "../../pickle/read.ts";
import { PyObject, PyPersistent, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { LOCAL_SIGNATURE, LOCAL_SIZE } from "../../zip/layout.ts";
import { parseStorageId } from "./storages.ts";

/** How far behind a record the next one is looked for: its descriptor, or a short record. */
const SEARCH = 64 * 1024;

/**
 * What to say of an archive without a directory: where it ends, and how many storages it still has.
 * Undefined if it doesn't begin as PyTorch's archives do.
 */
export async function describeCutShort(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<StateDictError | undefined> {
  const first = await readHeader(source, 0, signal);
  if (!first?.name.endsWith("/data.pkl")) return undefined;
  const root = first.name.slice(0, -"data.pkl".length);
  let end;
  let sizes;
  try {
    const pickle = await readPickle(source, first.data, signal ? { signal } : {});
    end = pickle.end;
    sizes = storageSizes(pickle.value);
  } catch (error) {
    if (!isStateDictError(error) || error.code !== "truncated") return undefined;
    return cutShort(source, "in the middle of its pickle: nothing of it can be saved");
  }
  const whole = await countWhole(source, root, sizes, end, signal);
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const where = end + bytes > source.size ? `of more than ${end + bytes}` : "before its directory";
  return cutShort(source, `${where}: ${whole} of its ${sizes.size} storages are whole`);
}

function cutShort(source: ByteSource, what: string): StateDictError {
  return new StateDictError("truncated", `The file ends at byte ${source.size}, ${what}`, {
    offset: source.size,
    hint: "download or copy it again",
  });
}

interface Header {
  readonly name: string;
  readonly data: number;
}

async function readHeader(
  source: ByteSource,
  at: number,
  signal?: AbortSignal,
): Promise<Header | undefined> {
  if (at + LOCAL_SIZE > source.size) return undefined;
  const head = await readBytes(source, at, LOCAL_SIZE, signal);
  const view = new DataView(head.buffer, head.byteOffset);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) return undefined;
  const length = view.getUint16(26, true);
  const data = at + LOCAL_SIZE + length + view.getUint16(28, true);
  if (data > source.size) return undefined;
  const name = await readBytes(source, at + LOCAL_SIZE, length, signal);
  return { name: new TextDecoder().decode(name), data };
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

async function countWhole(
  source: ByteSource,
  root: string,
  sizes: ReadonlyMap<string, number>,
  from: number,
  signal?: AbortSignal,
): Promise<number> {
  let whole = 0;
  for (let at = await findHeader(source, from, signal); at !== undefined;) {
    const header = await readHeader(source, at, signal);
    if (!header) break;
    const { name, data } = header;
    const size = name.startsWith(`${root}data/`)
      ? sizes.get(name.slice(root.length + "data/".length))
      : undefined;
    const end = data + (size ?? 0);
    if (end > source.size) break;
    if (size !== undefined) whole++;
    at = await findHeader(source, end, signal);
  }
  return whole;
}

async function findHeader(
  source: ByteSource,
  from: number,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const bytes = await readBytes(source, from, Math.min(SEARCH, source.size - from), signal);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i + 4 <= bytes.length; i++) {
    if (view.getUint32(i, true) === LOCAL_SIGNATURE) return from + i;
  }
  return undefined;
}
