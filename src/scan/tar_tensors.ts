/**
 * The members of PyTorch's oldest files: pickles with raw numbers between them, each as long as the
 * pickle before it says (`torch/serialization.py`, `_legacy_load`).
 *
 * @module
 */

import { storageDtype } from "../formats/torch/names.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { PyGlobal, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { dtypeByName } from "../tensor/dtype.ts";
import type { Scan } from "./context.ts";
import { reportRun } from "./pickle_report.ts";
import { runPickle } from "./pickle_run.ts";
import type { Place } from "./place.ts";

/** How many bytes of a member follow the pickle of one item; undefined if that can't be told. */
type RawLength = (source: ByteSource, at: number, item: PyValue) => Promise<number | undefined>;

/** The members with numbers between their pickles. */
const LAYOUTS: ReadonlyMap<string, RawLength> = new Map([
  ["storages", storageLength],
  ["tensors", tensorLength],
]);

/** Members of that layout, by their names. */
const MEMBERS: ReadonlySet<string> = new Set(["sys_info", "pickle", ...LAYOUTS.keys()]);

/** Whether a member bears one of the layout's names. */
export function isTarOfTensors(name: string): boolean {
  return MEMBERS.has(name);
}

/** Scans the pickles of a member. */
export async function scanTarOfTensors(
  scan: Scan,
  source: ByteSource,
  name: string,
  outer: Place,
): Promise<void> {
  const place: Place = { ...outer, persistentIds: "any" };
  scan.log.addKind("torch-tar");
  const rawLength = LAYOUTS.get(name);
  let at = 0;
  let items = 0;
  do {
    const run = await runPickle(source, at, scan.budget);
    await reportRun(scan, source, run, place);
    if (run.end === undefined) return;
    at = run.end;
    if (!rawLength) break;
    if (items === 0) {
      if (typeof run.value !== "number" || run.value < 0) break;
      items = run.value + 1;
    } else {
      const length = await rawLength(source, at, run.value!);
      if (length === undefined) break;
      at += length;
    }
    // Behind the storages stands one more pickle: which of them are windows of others.
  } while (--items > 0 || (name === "storages" && at < source.size && items === 0));
  if (at >= source.size) return;
  const why = `${source.size - at} bytes stand behind the pickles`;
  scan.log.add({ rule: "trailing-bytes", where: place.where, why, offset: at });
}

/** A count of elements, and the elements. */
async function storageLength(
  source: ByteSource,
  at: number,
  item: PyValue,
): Promise<number | undefined> {
  const cls = item instanceof PyTuple ? item.items[2] : undefined;
  const dtype = cls instanceof PyGlobal ? storageDtype(cls.fullName) : undefined;
  if (dtype === undefined || at + 8 > source.size) return undefined;
  const count = await readInteger(source, at, 8);
  return 8 + count * (dtype === "untyped" ? 1 : dtypeByName(dtype)!.itemsize);
}

/** Dimensions, four bytes of nothing, sizes, strides and the offset. */
async function tensorLength(
  source: ByteSource,
  at: number,
  item: PyValue,
): Promise<number | undefined> {
  if (!(item instanceof PyTuple) || at + 4 > source.size) return undefined;
  return 8 + 16 * await readInteger(source, at, 4) + 8;
}

async function readInteger(source: ByteSource, at: number, width: 4 | 8): Promise<number> {
  const bytes = await readBytes(source, at, width);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return width === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
}
