/**
 * Reads every byte of a checkpoint and says what is damaged.
 *
 * @module
 */

import { isStateDictError } from "../errors.ts";
import type { StateDictError } from "../errors.ts";
import { tensorStats } from "../tensor/stats.ts";
import { verifyStorage } from "../tensor/storage.ts";
import type { Storage } from "../tensor/storage.ts";
import { withParts } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** What is found of one tensor. */
export type Finding =
  /** Its bytes can't be read, or aren't those that were written. */
  | { readonly kind: "damaged"; readonly path: string; readonly error: StateDictError }
  /** The file as a whole ends too early. */
  | { readonly kind: "cut"; readonly error: StateDictError }
  /** It has numbers that are no numbers. Found only if asked for. */
  | {
    readonly kind: "values";
    readonly path: string;
    readonly nan: number;
    readonly inf: number;
  };

/** How thoroughly. */
export interface VerifyOptions {
  /** Look for NaN and infinities too. */
  readonly values?: boolean;
  /** Told of every tensor's bytes when they have been read. */
  readonly progress?: (bytes: number) => void;
  /** Whether somebody else has read a tensor's bytes already, and found them well. */
  readonly isKnown?: (tensor: Tensor) => Promise<boolean>;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** Checks every tensor: checksums where the format has them, bounds, and that the bytes are there. */
export async function* verifyCheckpoint(
  checkpoint: Checkpoint,
  options: VerifyOptions = {},
): AsyncGenerator<Finding> {
  const { values = false, progress, signal, isKnown } = options;
  const checked = new Map<Storage, StateDictError | null>();
  if (checkpoint.damage) yield { kind: "cut", error: checkpoint.damage };
  for (const [path, tensor] of checkpoint.tensors) {
    const error = await isKnown?.(tensor) ? null : await damageOf(tensor, checked, signal);
    if (error) yield { kind: "damaged", path, error };
    else if (values) {
      const stats = await tensorStats(tensor, signal);
      if (stats && stats.nan + stats.inf > 0) {
        yield { kind: "values", path, nan: stats.nan, inf: stats.inf };
      }
    }
    progress?.(tensor.nbytes);
  }
}

async function damageOf(
  tensor: Tensor,
  checked: Map<Storage, StateDictError | null>,
  signal?: AbortSignal,
): Promise<StateDictError | null> {
  for (const part of withParts(tensor)) {
    const { storage } = part;
    if (!storage) continue;
    let error = checked.get(storage);
    if (error === undefined) {
      error = await attempt(() => readPart(part, storage, signal));
      checked.set(storage, error);
    }
    if (error) return error;
  }
  return null;
}

/**
 * Reads all bytes of a tensor.
 *
 * @throws `corrupt` or `truncated` if they aren't those that were written, or aren't there.
 */
export async function readTensor(tensor: Tensor): Promise<void> {
  for (const part of withParts(tensor)) if (part.storage) await readPart(part, part.storage);
}

async function readPart(part: Tensor, storage: Storage, signal?: AbortSignal): Promise<void> {
  await verifyStorage(storage, signal);
  // Where no checksum has been over the bytes, reading to the end shows what is cut off.
  if (storage.crc !== null || part.isComposite) return;
  const blocks = part.chunks(signal ? { signal } : {});
  while (!(await blocks.next()).done);
}

async function attempt(action: () => Promise<unknown>): Promise<StateDictError | null> {
  try {
    await action();
    return null;
  } catch (error) {
    // A view that expands without bound is odd, but nothing is wrong with its bytes.
    if (isStateDictError(error) && error.code === "limit") return null;
    // A server that can't be reached says nothing of the file.
    if (isStateDictError(error) && !["aborted", "network"].includes(error.code)) return error;
    throw error;
  }
}
