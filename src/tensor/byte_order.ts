/**
 * From the bytes as a file stores them to the bytes as everybody means them: little-endian, the
 * padding of structures zero, lazy signs applied.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { halfOf } from "./dtype.ts";
import type { DType } from "./dtype.ts";

/** Turns round every word of `word` bytes, in place. */
export function swapWords(bytes: Uint8Array, word: number): void {
  if (word === 2) {
    for (let i = 0; i + 1 < bytes.length; i += 2) {
      const first = bytes[i]!;
      bytes[i] = bytes[i + 1]!;
      bytes[i + 1] = first;
    }
    return;
  }
  for (let start = 0; start + word <= bytes.length; start += word) {
    for (let low = start, high = start + word - 1; low < high; low++, high--) {
      const first = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = first;
    }
  }
}

/** A run of a structure's bytes that are data; `word` is more than 1 if they must be swapped. */
interface Run {
  readonly offset: number;
  readonly length: number;
  readonly word: number;
}

const layouts = new WeakMap<DType, readonly Run[]>();

/** The data runs of a structure, fields in order: what lies between them is padding. */
function runsOf(dtype: DType): readonly Run[] {
  let runs = layouts.get(dtype);
  if (!runs) {
    const found: Run[] = [];
    addRuns(found, dtype, 0, false);
    layouts.set(dtype, runs = found);
  }
  return runs;
}

/** Adds a type's runs. It calls itself as deep as types nest, which is limited where they are made. */
function addRuns(runs: Run[], dtype: DType, at: number, big: boolean): void {
  if (dtype.fields !== null) {
    for (const field of dtype.fields) {
      addRuns(runs, field.dtype, at + field.offset, field.byteOrder === "big");
    }
  } else if (dtype.base !== null && dtype.base.fields !== null) {
    for (let i = 0; i < dtype.itemsize; i += dtype.base.itemsize) {
      addRuns(runs, dtype.base, at + i, big);
    }
  } else if (dtype.itemsize > 0) {
    const plain = (dtype.base ?? dtype).word;
    addRun(runs, { offset: at, length: dtype.itemsize, word: big ? plain : 1 });
  }
}

function addRun(runs: Run[], run: Run): void {
  const last = runs[runs.length - 1];
  const joins = last && last.word === 1 && run.word === 1 &&
    last.offset + last.length === run.offset;
  if (joins) runs[runs.length - 1] = { ...last, length: last.length + run.length };
  else runs.push(run);
}

/** Whether a structure's stored bytes differ from its meant ones: padding or big-endian fields. */
function isRagged(dtype: DType): boolean {
  const runs = runsOf(dtype);
  return runs.length !== 1 || runs[0]!.length !== dtype.itemsize || runs[0]!.word !== 1;
}

function tidyStructs(dtype: DType, bytes: Uint8Array): void {
  const size = dtype.itemsize;
  const stored = new Uint8Array(size);
  const runs = runsOf(dtype);
  for (let at = 0; at + size <= bytes.length; at += size) {
    stored.set(bytes.subarray(at, at + size));
    bytes.fill(0, at, at + size);
    for (const { offset, length, word } of runs) {
      const target = bytes.subarray(at + offset, at + offset + length);
      target.set(stored.subarray(offset, offset + length));
      if (word > 1) swapWords(target, word);
    }
  }
}

/** Changes whole elements in place. */
export type BlockFix = (bytes: Uint8Array) => void;

/**
 * What has to be done to little-endian elements to get the meant ones; null if they are it.
 *
 * @param conj Whether torch's lazy conjugate bit is set.
 * @param neg Whether torch's lazy negative bit is set.
 */
export function blockFix(dtype: DType, conj: boolean, neg: boolean): BlockFix | null {
  if (dtype.kind === "struct") {
    return isRagged(dtype) && dtype.itemsize > 0 ? (bytes) => tidyStructs(dtype, bytes) : null;
  }
  const half = halfOf(dtype);
  const size = dtype.itemsize;
  // Python's conj() of a real number is the number.
  const flipConj = conj && half !== null;
  if (!neg) return flipConj ? (bytes) => flipSigns(bytes, size, size - 1) : null;
  if (dtype.kind === "int") return (bytes) => negateIntegers(bytes, size);
  if (half !== null) {
    return (bytes) => {
      flipSigns(bytes, size, half.itemsize - 1);
      if (!flipConj) flipSigns(bytes, size, size - 1);
    };
  }
  if (dtype.kind === "float" && SIGNED.has(dtype.name)) {
    return (bytes) => flipSigns(bytes, size, size - 1);
  }
  throw new StateDictError("unsupported", `A lazy negative of dtype ${dtype.name}`);
}

/** The floats whose negative is one bit away; torch has no lazy negative of the others. */
const SIGNED: ReadonlySet<string> = new Set(["float64", "float32", "float16", "bfloat16"]);

function flipSigns(bytes: Uint8Array, step: number, first: number): void {
  for (let i = first; i < bytes.length; i += step) bytes[i] = bytes[i]! ^ 0x80;
}

function negateIntegers(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) {
    let carry = 1;
    for (let i = at; i < at + size; i++) {
      const sum = (bytes[i]! ^ 255) + carry;
      bytes[i] = sum & 255;
      carry = sum >> 8;
    }
  }
}
