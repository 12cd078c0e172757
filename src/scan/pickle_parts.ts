/**
 * Scans what belongs to a pickle and isn't in its opcodes: byte strings that it hands to loaders, and
 * arrays in files beside it.
 *
 * @module
 */

import { isStateDictError } from "../errors.ts";
import { isPlainName } from "../io/beside.ts";
import { bytesSource, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { encodeLatin1 } from "../pickle/text.ts";
import { PyBytes } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { quoted } from "../text/quoted.ts";
import { LOAD_FROM_BYTES } from "./calls.ts";
import type { Load } from "./calls.ts";
import { UNREAD } from "./context.ts";
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
  if (claims.length > 0) return !claims.includes(UNREAD);
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
  const { log, budget } = scan;
  const { where } = place;
  if (name === undefined || !isPlainName(name)) {
    const why = `An array lies in another file, ${name === undefined ? "unnamed" : quoted(name)}`;
    log.add({ rule: "unsafe-path", where, why, offset });
    return;
  }
  if (!unpickled) return;
  const source = await openExternal(scan, name);
  if (!source) {
    const why = `The array in ${quoted(name)} beside it was not read`;
    log.add({ rule: "unread-part", where, why, offset });
    return;
  }
  try {
    await scan.look(budget.guard(source), inside(place, name));
  } finally {
    await source.close();
  }
}

/** Opens a file beside this one; undefined if it isn't there, or there is no beside. */
async function openExternal({ sibling }: Scan, name: string): Promise<ByteSource | undefined> {
  try {
    return await sibling?.(name);
  } catch (error) {
    if (isStateDictError(error)) return undefined;
    throw error;
  }
}
