/**
 * Everything that a file goes through, for one file in memory. Whatever the bytes are, it ends well
 * or with an error of ours.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { describeCheckpoint } from "../../src/cli/document.ts";
import { isStateDictError } from "../../src/errors.ts";
import { isZip } from "../../src/formats/sniff.ts";
import { scan } from "../../src/scan/scan.ts";
import { jsonText } from "../../src/text/json.ts";

/** Bytes of a tensor that are read: the others only take longer. */
const SMALL = 2 ** 16;

/** Opens, lists, reads and scans; throws only for what is a fault of ours. */
export async function exercise(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const error = await attempt(() =>
    openCheckpoint(bytes, { inert: true }).then((one) => one.close())
  );
  await attempt(() => look(bytes));
  const { verdict } = await scan(bytes) as { verdict: string };
  // A broken archive may be read by another reader in another way.
  if (isZip(bytes) && error && BROKEN.has(error)) assert.notEqual(verdict, "safe", error);
  await attempt(async () => {
    await using checkpoint = await openCheckpoint(bytes, { recover: true });
    checkpoint.toJS();
  });
}

const BROKEN: ReadonlySet<string> = new Set(["corrupt", "truncated"]);

/** The code of our own error that it ended with, if it did; what isn't ours is thrown on. */
export async function attempt(action: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (isStateDictError(error)) return error.code;
    throw error;
  }
}

/** The same for what is done at once. */
export function attemptSync(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isStateDictError(error)) return error.code;
    throw error;
  }
}

/** Opens, lists and reads, as `inspect --json` and a caller that loads every tensor do. */
export async function look(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await using checkpoint = await openCheckpoint(bytes, { inert: true });
  jsonText(await describeCheckpoint("file", checkpoint));
  for (const tensor of checkpoint.tensors.values()) {
    if (!tensor.isComposite && tensor.nbytes <= SMALL) await attempt(() => tensor.load());
  }
}
