/**
 * Scans what belongs to a pickle and isn't in its opcodes: byte strings that it hands to loaders, and
 * arrays in files beside it.
 *
 * @module
 */

import { isPlainName } from "../io/beside.ts";
import { bytesSource, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { encodeLatin1 } from "../pickle/text.ts";
import { PyBytes } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { blamesBytes } from "./blame.ts";
import { LOAD_FROM_BYTES } from "./calls.ts";
import type { Load } from "./calls.ts";
import type { Scan } from "./context.ts";
import type { ExternalArray, PickleRun } from "./pickle_run.ts";
import { inside } from "./place.ts";
import type { Place } from "./place.ts";

/**
 * Scans the bytes that loaders are given. Gives whether all of them that go to PyTorch's loader of
 * storages could be.
 */
export async function scanLoads(
  scan: Scan,
  source: ByteSource,
  { calls }: PickleRun,
  place: Place,
): Promise<boolean> {
  let allScanned = calls.called.has(LOAD_FROM_BYTES);
  for (const load of calls.loads) {
    if (await scanLoad(scan, source, load, place)) continue;
    if (load.loader === LOAD_FROM_BYTES) allScanned = false;
  }
  return allScanned;
}

async function scanLoad(
  scan: Scan,
  source: ByteSource,
  { loader, argument, offset }: Load,
  place: Place,
): Promise<boolean> {
  const { log, budget: { limits } } = scan;
  const bytes = bytesOf(argument, source);
  const inner = inside(place, `bytes at ${offset}`, { name: "", nested: place.nested + 1 });
  if (inner.nested > limits.nested) {
    const why = `Pickles lie inside pickles more than ${limits.nested} deep`;
    log.add({ rule: "limit", where: place.where, why, offset });
    return false;
  }
  const claims = bytes ? await scan.look(bytes, inner) : [];
  if (claims.length > 0) return true;
  if (loader === LOAD_FROM_BYTES) {
    const why = bytes
      ? `${loader} is given bytes that are no pickle`
      : `${loader} is given no bytes`;
    log.add({ rule: "unread-argument", where: place.where, why, offset });
  }
  return false;
}

/** The bytes that an argument holds. Python 2 pickles have them as text. */
function bytesOf(argument: PyValue | undefined, source: ByteSource): ByteSource | undefined {
  if (typeof argument === "string") {
    const bytes = encodeLatin1(argument);
    return bytes ? bytesSource(bytes) : undefined;
  }
  if (!(argument instanceof PyBytes)) return undefined;
  const { data, span } = argument;
  return data ? bytesSource(data) : sliceSource(span!.source ?? source, span!.offset, span!.length);
}

/** Scans an array that joblib keeps in a file beside this one. */
export async function scanExternal(
  scan: Scan,
  { name, unpickled, offset }: ExternalArray,
  place: Place,
): Promise<void> {
  const { log, sibling } = scan;
  const { where } = place;
  const shown = name === undefined ? "no name" : JSON.stringify(name.slice(0, 200));
  if (name === undefined || !isPlainName(name)) {
    const why = `An array lies in another file, ${shown}`;
    log.add({ rule: "unsafe-path", where, why, offset });
  }
  if (name === undefined || !isPlainName(name) || !unpickled) return;
  try {
    if (!sibling) throw undefined;
    const source = await sibling(name);
    try {
      await scan.look(scan.budget.guard(source), inside(place, name));
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error !== undefined && !blamesBytes(error)) throw error;
    log.add({ rule: "unread-part", where, why: `The array in ${shown} was not read`, offset });
  }
}
