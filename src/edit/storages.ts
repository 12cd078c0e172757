/**
 * What tensors share: storages cut to what is looked at, shared ones parted, equal ones joined.
 *
 * @module
 */

import { sliceSource } from "../io/source.ts";
import { copyTensor } from "../tensor/derive.ts";
import { packTensor } from "../tensor/derive_cast.ts";
import { tensorSha256 } from "../tensor/hash.ts";
import { Storage, verifyStorage } from "../tensor/storage.ts";
import { spanOf } from "../tensor/strides.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Tensors of one tree by the path under which each was met first. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** Which tensor takes a tensor's place; those that stay as they are aren't in it. */
export type Replacements = Map<Tensor, Tensor>;

/** A tensor that can be given another storage. */
function isPlain(tensor: Tensor): boolean {
  return tensor.storage !== null && !tensor.isComposite && tensor.dtype.bits % 8 === 0;
}

/** The bytes of its storage that a view looks at: from the first to one past the last. */
function extent({ dtype, shape, stride, offset }: Tensor): readonly [number, number] {
  const start = offset * dtype.itemsize;
  return [start, start + spanOf(shape, stride) * dtype.itemsize];
}

/**
 * Cuts each storage to what the tensors look at: saving a slice then saves the slice. Tensors that
 * share one go on sharing what they cover together. A lone view with gaps is copied without them.
 */
export function compact(tensors: Tensors): Replacements {
  const replaced: Replacements = new Map();
  for (const [storage, sharers] of byStorage(tensors)) {
    if (!sharers.every(isPlain)) continue;
    let first = Infinity;
    let last = 0;
    for (const tensor of sharers) {
      const [start, end] = extent(tensor);
      if (end === start) continue;
      first = Math.min(first, start);
      last = Math.max(last, end);
    }
    if (first >= last) first = last = 0;
    const [only] = sharers;
    if (sharers.length === 1 && only!.nbytes < last - first) {
      replaced.set(only!, packTensor(only!));
    } else if (last - first < storage.nbytes) {
      cut(storage, sharers, first, last - first, replaced);
    }
  }
  return replaced;
}

/** Makes the sharers views of a window of their storage. The start is a multiple of every element. */
function cut(
  storage: Storage,
  sharers: readonly Tensor[],
  first: number,
  length: number,
  replaced: Replacements,
): void {
  // Views of several dtypes over one storage may begin where another's elements don't.
  const start = sharers.every(({ dtype }) => first % dtype.itemsize === 0) ? first : 0;
  const window = new Storage({
    id: storage.id,
    nbytes: first + length - start,
    byteOrder: storage.byteOrder,
    word: storage.word,
    ...(storage.device === null ? {} : { device: storage.device }),
    ...(storage.bytes ? { bytes: storage.bytes.subarray(start, first + length) } : {}),
    verify: (_, signal) => verifyStorage(storage, signal),
    async locate(signal) {
      const place = storage.place ?? await storage.locate!(signal);
      const source = sliceSource(place.source, place.offset + start, first + length - start);
      return { source, offset: 0 };
    },
  });
  for (const tensor of sharers) {
    const offset = spanOf(tensor.shape, tensor.stride) === 0
      ? 0
      : tensor.offset - start / tensor.dtype.itemsize;
    replaced.set(tensor, copyTensor(tensor, { storage: window, offset }));
  }
}

function byStorage(tensors: Tensors): Map<Storage, Tensor[]> {
  const groups = new Map<Storage, Tensor[]>();
  const seen = new Set<Tensor>();
  for (const tensor of tensors.values()) {
    if (!tensor.storage || seen.has(tensor)) continue;
    seen.add(tensor);
    const group = groups.get(tensor.storage);
    if (group) group.push(tensor);
    else groups.set(tensor.storage, [tensor]);
  }
  return groups;
}

/** Gives every tensor of a shared storage a storage of its own. */
export function untie(tensors: Tensors): Replacements {
  const replaced: Replacements = new Map();
  for (const sharers of byStorage(tensors).values()) {
    if (sharers.length < 2) continue;
    for (const tensor of sharers) if (isPlain(tensor)) replaced.set(tensor, packTensor(tensor));
  }
  return replaced;
}

/** Lets tensors of equal dtype, shape and bytes share one storage. Reads those that may be equal. */
export async function tie(tensors: Tensors, signal?: AbortSignal): Promise<Replacements> {
  const alike = new Map<string, Tensor[]>();
  for (const tensor of new Set(tensors.values())) {
    if (!isPlain(tensor) || tensor.nbytes === 0) continue;
    const key = `${tensor.dtype.name} ${tensor.shape.join()}`;
    alike.set(key, [...alike.get(key) ?? [], tensor]);
  }
  const replaced: Replacements = new Map();
  for (const group of alike.values()) {
    if (group.length < 2) continue;
    const firsts = new Map<string, Tensor>();
    for (const tensor of group) {
      const digest = await tensorSha256(tensor, signal);
      const first = firsts.get(digest);
      if (!first) firsts.set(digest, tensor);
      else if (first.storage !== tensor.storage) {
        const { storage, offset, stride } = first;
        replaced.set(tensor, copyTensor(tensor, { storage, offset, stride }));
      }
    }
  }
  return replaced;
}
