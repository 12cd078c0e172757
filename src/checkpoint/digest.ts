/**
 * Digests of tensors, and one of all of them that doesn't depend on the container.
 *
 * @module
 */

import { sha256, sha256Hex } from "../tensor/hash.ts";
import { describeDType } from "../tensor/numpy_dtype.ts";
import { withParts } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compareText } from "../text/order.ts";
import { verifiedChunks } from "../tensor/verified_chunks.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { restoreTied } from "./tied.ts";

/** The digests of one file. */
export interface CheckpointDigest {
  /** By name: SHA-256 of the elements, row-major and little-endian; of its parts for a composite. */
  readonly tensors: ReadonlyMap<string, string>;
  /**
   * SHA-256 over one line a tensor, sorted by name (by code point): the name as JSON, the dtype, the
   * sizes and the digest, parted by tabs. The same for a `.pt` and its safetensors twin.
   */
  readonly all: string;
}

/** How digests are made. */
export interface DigestOptions {
  /** Told of the bytes that have been read. */
  readonly progress?: (bytes: number) => void;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
  /** The digest of a tensor's elements, if somebody else has found it. */
  readonly known?: (tensor: Tensor) => Promise<string | undefined>;
}

/**
 * Digests of every tensor of a checkpoint, and one of all.
 *
 * @example
 * ```ts
 * import { digestCheckpoint, openCheckpoint } from "@statedict/statedict";
 *
 * await using checkpoint = await openCheckpoint("fixtures/torch/checkpoint.pt");
 * const { all, tensors } = await digestCheckpoint(checkpoint);
 * console.log(all, tensors.get("model.fc1.bias"));
 * ```
 */
export async function digestCheckpoint(
  checkpoint: Checkpoint,
  options: DigestOptions = {},
): Promise<CheckpointDigest> {
  const tensors = new Map<string, string>();
  const lines: string[] = [];
  const known = new Map<Tensor, string>();
  for (const [name, tensor] of restoreTied(checkpoint).tensors) {
    let digest = known.get(tensor);
    if (digest === undefined) known.set(tensor, digest = await digestOf(tensor, options));
    tensors.set(name, digest);
    lines.push(
      `${JSON.stringify(name)}\t${dtypeText(tensor)}\t${tensor.shape.join(",")}\t${digest}`,
    );
  }
  lines.sort(compareText);
  const hasher = sha256();
  for (const line of lines) hasher.update(new TextEncoder().encode(`${line}\n`));
  return { tensors, all: await hasher.digest() };
}

/** PyTorch's name of a dtype where safetensors has another: twins must agree. */
function dtypeText({ dtype }: Tensor): string {
  const description = describeDType(dtype);
  return dtype.twin ??
    (typeof description === "string" ? description : JSON.stringify(description));
}

async function digestOf(tensor: Tensor, options: DigestOptions): Promise<string> {
  if (!tensor.isComposite) return await elementsDigest(tensor, options);
  const parts: string[] = [];
  for (const part of withParts(tensor)) {
    if (!part.isComposite) parts.push(await elementsDigest(part, options));
  }
  return await sha256Hex([new TextEncoder().encode(`${tensor.layout}\t${parts.join()}`)]);
}

async function elementsDigest(tensor: Tensor, options: DigestOptions): Promise<string> {
  if (!tensor.storage || tensor.dtype.objects) return "-";
  const { signal, progress } = options;
  const known = await options.known?.(tensor);
  if (known !== undefined) {
    progress?.(tensor.nbytes);
    return known;
  }
  const hasher = sha256();
  for await (const block of verifiedChunks(tensor, signal ? { signal } : {})) {
    hasher.update(block);
    progress?.(block.length);
  }
  return await hasher.digest();
}
