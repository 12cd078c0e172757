/**
 * Compares single tensors and the storages they share.
 *
 * @module
 */

import type { DocumentTensor } from "./document.ts";
import { plainNumber, sameJson, show } from "./json.ts";

/** One fact of a tensor: what the manifest calls it, what the document calls it. */
export interface Fact {
  /** The manifest's word. */
  readonly word: string;
  /** The document's word, if it is another. */
  readonly as?: string;
  /** What the document may leave out: a missing fact counts as this. */
  readonly else?: unknown;
  /** Whether a null in the manifest says nothing about the document. */
  readonly nullSaysNothing?: boolean;
  /** Whether only a document that has the word is held to it. */
  readonly whereGiven?: boolean;
}

/** The differences of one tensor in the listed facts. */
export function compareFacts(
  facts: readonly Fact[],
  where: string,
  expected: { readonly [word: string]: unknown },
  actual: DocumentTensor,
): string[] {
  const differences: string[] = [];
  for (const fact of facts) {
    const word = fact.as ?? fact.word;
    const wanted = expected[fact.word] ?? fact.else ?? null;
    const given = actual[word] ?? fact.else ?? null;
    if (wanted === null && fact.nullSaysNothing) continue;
    if (fact.whereGiven && actual[word] === undefined) continue;
    const same = Array.isArray(wanted) || typeof wanted !== "object" || wanted === null
      ? sameJson(wanted, given, { looseNumbers: true })
      : hasAll(wanted, given);
    if (!same) {
      differences.push(`${where}: ${word} is ${show(actual[word])}, not ${show(wanted)}`);
    }
  }
  return differences;
}

/** Whether `actual` has every key of `expected` with the same value; a key that is null may be missing. */
function hasAll(expected: object, actual: unknown): boolean {
  if (typeof actual !== "object" || actual === null) return false;
  const given = new Map(Object.entries(actual));
  return Object.entries(expected).every(([key, value]) => {
    const other = given.get(key) ?? null;
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? hasAll(value, other)
      : sameJson(value, other, { looseNumbers: true });
  });
}

/** Pairs up two sets of ids and tells where one side shares what the other doesn't. */
export class Aliases {
  readonly differences: string[] = [];
  private readonly there = new Map<unknown, { id: unknown; where: string }>();
  private readonly back = new Map<unknown, { id: unknown; where: string }>();

  /** Notes that the manifest's id `expected` is the document's id `actual` at this place. */
  pair(where: string, expected: unknown, actual: unknown): void {
    if (expected === null || expected === undefined) return;
    if (actual === null || actual === undefined) {
      this.differences.push(`${where}: has no storage`);
      return;
    }
    const known = this.there.get(expected);
    if (known && known.id !== actual) {
      this.differences.push(`${where}: should share its storage with ${known.where}`);
      return;
    }
    const other = this.back.get(actual);
    if (other && other.id !== expected) {
      this.differences.push(`${where}: shares its storage with ${other.where} but shouldn't`);
      return;
    }
    if (!known) this.there.set(expected, { id: actual, where });
    if (!other) this.back.set(actual, { id: expected, where });
  }
}

/** Bits of an element where the name doesn't end in them. */
const BITS: Record<string, number> = {
  bool: 8,
  bits1x8: 8,
  bits2x4: 8,
  bits4x2: 8,
  quint4x2: 4,
  quint2x4: 2,
  float4_e2m1fn_x2: 8,
};

/** Bits of one element of a PyTorch dtype. */
export function elementBits(dtype: string): number {
  if (dtype in BITS) return BITS[dtype]!;
  if (dtype.startsWith("float8_")) return 8;
  const digits = /\d+$/.exec(dtype);
  if (!digits) throw new Error(`no size is known for the dtype ${dtype}`);
  return Number(digits[0]);
}

/** Bytes of a tensor's elements without gaps, as the document's `nbytes` should say; exact below 2^53. */
export function contiguousBytes(dtype: string, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  return Math.ceil(count * elementBits(dtype) / 8);
}

/** `C` or `F` for a view without gaps in that order, else undefined; sizes of 1 may have any stride. */
export function orderOf(shape: readonly number[], stride: readonly number[]): string | undefined {
  const axes = shape.map((_, axis) => axis);
  const tight = (order: number[]): boolean => {
    let step = 1;
    for (const axis of order) {
      if (shape[axis] === 1) continue;
      if (stride[axis] !== step) return false;
      step *= shape[axis]!;
    }
    return true;
  };
  if (shape.includes(0) || tight([...axes].reverse())) return "C";
  return tight(axes) ? "F" : undefined;
}

/** The number of a document's field, or NaN. */
export function numberOf(value: unknown): number {
  const plain = plainNumber(value);
  return typeof plain === "number" ? plain : NaN;
}
