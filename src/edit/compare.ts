/**
 * What differs between two checkpoints, of any two formats.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { restoreTied } from "../checkpoint/tied.ts";
import { canDecode, decodeNumbers } from "../tensor/decode.ts";
import { verifyStorage } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { withParts } from "../tensor/tensor.ts";

/** How far apart the numbers of two tensors are. */
export interface Distance {
  /** Largest difference of two numbers. */
  readonly maxAbs: number;
  /** Length of the difference over the length of the first tensor. */
  readonly relative: number;
  /** Cosine of the angle between them; null if one is all zeros. */
  readonly cosine: number | null;
  /** Numbers that differ by more than the tolerance. */
  readonly count: number;
}

/** One difference. */
export type Difference =
  | { readonly kind: "added" | "removed"; readonly name: string }
  | {
    readonly kind: "reshaped";
    readonly name: string;
    readonly from: readonly number[];
    readonly to: readonly number[];
  }
  | {
    readonly kind: "recast";
    readonly name: string;
    readonly from: string;
    readonly to: string;
    readonly distance: Distance | null;
  }
  /** `distance` is null where numbers can't be compared: text, raw bits, sparse parts. */
  | { readonly kind: "changed"; readonly name: string; readonly distance: Distance | null };

/** When two numbers count as equal: |a - b| ≤ atol + rtol·|b|. */
export interface Tolerance {
  /** Absolute part. */
  readonly atol?: number;
  /** Relative part. */
  readonly rtol?: number;
  /** Told of the bytes of the first checkpoint that have been compared. */
  readonly progress?: (bytes: number) => void;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** Compares the tensors of two checkpoints by name, in the first one's order. */
export async function* compareCheckpoints(
  a: Checkpoint,
  b: Checkpoint,
  tolerance: Tolerance = {},
): AsyncGenerator<Difference> {
  const before = restoreTied(a).tensors;
  const after = restoreTied(b).tensors;
  for (const [name, tensor] of before) {
    const twin = after.get(name);
    if (!twin) yield { kind: "removed", name };
    else {
      const difference = await compareTensors(name, tensor, twin, tolerance);
      if (difference) yield difference;
    }
  }
  for (const name of after.keys()) if (!before.has(name)) yield { kind: "added", name };
}

async function compareTensors(
  name: string,
  a: Tensor,
  b: Tensor,
  tolerance: Tolerance,
): Promise<Difference | undefined> {
  if (a.shape.join() !== b.shape.join() || a.layout !== b.layout) {
    return { kind: "reshaped", name, from: a.shape, to: b.shape };
  }
  const from = a.dtype.twin ?? a.dtype.name;
  const to = b.dtype.twin ?? b.dtype.name;
  const distance = await distanceOf(a, b, tolerance);
  if (from !== to) return { kind: "recast", name, from, to, distance: distance ?? null };
  if (distance === undefined) return undefined;
  return { kind: "changed", name, distance };
}

/** Undefined if they are equal within the tolerance; null if they differ in a way without numbers. */
async function distanceOf(
  a: Tensor,
  b: Tensor,
  tolerance: Tolerance,
): Promise<Distance | null | undefined> {
  const pairs = partsInPairs(a, b);
  if (!pairs) return null;
  let result: Distance | null | undefined;
  for (const [left, right] of pairs) {
    const one = await elementsDistance(left, right, tolerance);
    if (one === null) return null;
    if (one && (!result || one.maxAbs > result.maxAbs)) result = one;
  }
  return result;
}

function partsInPairs(a: Tensor, b: Tensor): [Tensor, Tensor][] | undefined {
  const left = [...withParts(a)].filter((part) => part.storage && !part.isComposite);
  const right = [...withParts(b)].filter((part) => part.storage && !part.isComposite);
  if (left.length !== right.length) return undefined;
  return left.map((part, i) => [part, right[i]!]);
}

/** Numbers compared at a time. */
const BLOCK = 32_768;

async function elementsDistance(
  a: Tensor,
  b: Tensor,
  { atol = 0, rtol = 0, progress, signal }: Tolerance,
): Promise<Distance | null | undefined> {
  for (const tensor of [a, b]) await verifyStorage(tensor.storage!, signal);
  const numeric = canDecode(a.dtype) && canDecode(b.dtype);
  if (a.shape.join() !== b.shape.join() || (!numeric && a.dtype.name !== b.dtype.name)) return null;
  const sums = { maxAbs: 0, difference: 0, a: 0, b: 0, dot: 0, count: 0 };
  // Whole bytes of elements of few bits; no more than there are, as a file may have many tensors.
  const most = Math.min(BLOCK, Math.ceil(a.numel / 8) * 8);
  const left = new Float64Array(most * a.dtype.lanes);
  const right = new Float64Array(most * b.dtype.lanes);
  const options = signal ? { signal } : {};
  const others = b.chunks({ blockBytes: BLOCK * b.dtype.bits / 8, ...options });
  let equal = true;
  for await (const block of a.chunks({ blockBytes: BLOCK * a.dtype.bits / 8, ...options })) {
    const other = (await others.next()).value!;
    progress?.(block.length);
    if (!numeric) {
      if (block.some((byte, i) => byte !== other[i])) return null;
      continue;
    }
    const count = Math.floor(block.length * 8 / a.dtype.bits) * a.dtype.lanes;
    decodeNumbers(a.dtype, block, left.subarray(0, count));
    decodeNumbers(b.dtype, other, right.subarray(0, count));
    for (let i = 0; i < count; i++) {
      const x = left[i]!;
      const y = right[i]!;
      // NaN equals NaN here: a file compared with its copy has no differences.
      if (x === y || (x !== x && y !== y)) {
        if (x === x && Math.abs(x) !== Infinity) {
          const square = x * x;
          sums.a += square;
          sums.b += square;
          sums.dot += square;
        }
        continue;
      }
      const gap = Math.abs(x - y);
      if (!(gap <= atol + rtol * Math.abs(y))) {
        equal = false;
        sums.count++;
      }
      sums.maxAbs = gap > sums.maxAbs || gap !== gap ? (gap !== gap ? Infinity : gap) : sums.maxAbs;
      sums.difference += gap * gap;
      sums.a += x * x;
      sums.b += y * y;
      sums.dot += x * y;
    }
  }
  await others.return?.();
  if (equal) return undefined;
  return {
    maxAbs: sums.maxAbs,
    relative: sums.a > 0 ? Math.sqrt(sums.difference / sums.a) : Infinity,
    cosine: sums.a > 0 && sums.b > 0 ? sums.dot / Math.sqrt(sums.a * sums.b) : null,
    count: sums.count,
  };
}
