/**
 * The five pickles of a legacy file: a magic number, a version, facts of the machine, the object,
 * and the keys of its storages.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import { readAhead } from "../../io/read_ahead.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyDict } from "../../pickle/dict.ts";
import { parsePickle, readPickle } from "../../pickle/read.ts";
import type { Pickle, ReadOptions } from "../../pickle/read.ts";
import { PyGlobal, PyObject, PyPersistent, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PickleReport } from "../format.ts";
import type { FormatOptions } from "../format.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { idText, parseStorageId } from "./storages.ts";
import type { StorageId } from "./storages.ts";

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/** Byte strings at least so long are left where they lie: arrays of numpy, in practice. */
const SPAN_FROM = 64 * 1024;

/** The first look at each pickle: together the pickles of a small file are in one block. */
const FIRST_WINDOW = 16 * 1024;

/** What the pickles of a legacy file hold. */
export interface LegacyPickles {
  /** The object. */
  readonly value: PyValue;
  /** The first id of each storage, by its key. */
  readonly ids: ReadonlyMap<string, StorageId>;
  /** The keys in the order of the data: a list of texts, if the file is in order. */
  readonly keys: PyValue;
  /** Where the pickles end and the data begins. */
  readonly end: number;
  /** What the pickles say of themselves. */
  readonly report: PickleReport;
  /** What is odd but no error. */
  readonly warnings: readonly string[];
}

/**
 * Whether a file's first bytes are those of a legacy file. One whose magic number is wrong is still
 * told by the two pickles behind it, so that it can be called what it is.
 */
export function isLegacyStream(head: Uint8Array<ArrayBuffer>): boolean {
  const values: PyValue[] = [];
  let at = 0;
  try {
    while (values.length < 3) {
      const pickle = parsePickle(head, {}, at);
      values.push(pickle.value);
      at = pickle.end;
    }
  } catch (error) {
    if (!isStateDictError(error)) throw error;
  }
  const [magic, version, facts] = values;
  if (magic === MAGIC_NUMBER) return true;
  return version === PROTOCOL_VERSION && facts instanceof PyDict && facts.has("protocol_version");
}

/** Reads the pickles, and none of the data behind them. */
export async function readLegacyPickles(
  source: ByteSource,
  options: FormatOptions,
): Promise<LegacyPickles> {
  const { signal, limits, encoding } = options;
  const ahead = readAhead(source);
  const report = new PickleReport();
  let end = 0;
  const next = async (more: ReadOptions = {}): Promise<PyValue> => {
    const pickle: Pickle = await readPickle(ahead, end, {
      source,
      spanFrom: SPAN_FROM,
      firstWindow: FIRST_WINDOW,
      ...more,
      ...(signal ? { signal } : {}),
      ...(limits ? { limits } : {}),
      ...(encoding ? { encoding } : {}),
    });
    report.add(pickle);
    end = pickle.end;
    return pickle.value;
  };
  const warnings: string[] = [];
  const check = async (what: string, wanted: PyValue) => {
    const offset = end;
    const given = await next();
    if (given === wanted) return;
    if (!isUnknown(given)) {
      throw new StateDictError("corrupt", `The ${what} is another than torch.save writes`, {
        offset,
      });
    }
    warnings.push(`The ${what} is what a call gives, which nobody made`);
  };
  await check("magic number", MAGIC_NUMBER);
  await check("protocol version", PROTOCOL_VERSION);
  await next();
  const met: PyPersistent[] = [];
  const value = await next({
    resolveId: moduleClass,
    watch: (object) => object instanceof PyPersistent && met.push(object),
  });
  const keys = await next();
  return { value, ids: firstIds(met), keys, end, report, warnings };
}

/** What only running code could tell. A call of a harmless name gives no number, so it is known. */
function isUnknown(value: PyValue): boolean {
  if (!(value instanceof PyObject)) return false;
  const { callee } = value;
  return !(callee instanceof PyGlobal && isAllowedInTorch(callee.module, callee.name));
}

/** `("module", class, file, source)` stands for the class. The source text is no part of the data. */
function moduleClass(id: PyValue): PyValue | undefined {
  if (!(id instanceof PyTuple) || idText(id.items[0]) !== "module") return undefined;
  const [, cls] = id.items;
  return cls instanceof PyGlobal ? cls : undefined;
}

/** PyTorch takes the element size of a storage's first use for that of its data. */
function firstIds(met: readonly PyPersistent[]): Map<string, StorageId> {
  const ids = new Map<string, StorageId>();
  for (const persistent of met) {
    const id = parseStorageId(persistent);
    if (id && !ids.has(id.key)) ids.set(id.key, id);
  }
  return ids;
}
