/**
 * Where the tensors of a safetensors file lie: one behind the other, without holes, to its end.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { quoted } from "../../text/quoted.ts";
import type { HeaderTensor } from "./header.ts";

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", what);
}

/** Refuses a tensor whose sizes don't make up its bytes. */
export function checkSize({ name, dtype, shape, begin, end }: HeaderTensor): void {
  let bits: number = dtype.bits;
  for (let i = 0; i < shape.length; i++) bits *= shape[i]!;
  if (end >= begin && bits === (end - begin) * 8 && isExact(dtype.bits, shape)) return;
  if (end < begin) throw corrupt(`${quoted(name)} ends at ${end}, before it begins at ${begin}`);
  const exact = exactBits(dtype.bits, shape);
  if (exact === undefined) throw corrupt(`The sizes of ${quoted(name)} overflow 64 bits`);
  if (exact % 8n !== 0n) throw corrupt(`${quoted(name)} ends inside a byte`);
  if (exact / 8n !== BigInt(end) - BigInt(begin)) {
    throw corrupt(`${quoted(name)} takes ${exact / 8n} bytes, but has ${end - begin}`);
  }
}

/** Whether no product on the way rounds or overflows, so that plain numbers tell the truth. */
function isExact(bits: number, shape: readonly number[]): boolean {
  let product = bits;
  for (let i = 0; i < shape.length; i++) product *= Math.max(1, shape[i]!);
  return product <= Number.MAX_SAFE_INTEGER;
}

/** The library multiplies in 64 bits and refuses overflow, also where a later size is 0. */
function exactBits(bits: number, shape: readonly number[]): bigint | undefined {
  let elements = 1n;
  for (const size of shape) {
    elements *= BigInt(size);
    if (elements >= 2n ** 64n) return undefined;
  }
  const product = elements * BigInt(bits);
  return product >= 2n ** 64n ? undefined : product;
}

/**
 * Refuses holes, overlaps and bytes behind the last: hidden bytes would be a second file. Gives the
 * error of data that ends too early.
 */
export function checkLayout(
  tensors: readonly HeaderTensor[],
  dataSize: number,
): StateDictError | undefined {
  let at = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== at) {
      const what = begin > at ? `leaves ${begin - at} bytes out` : `overlaps ${at - begin} bytes`;
      throw corrupt(`${quoted(name)} begins at ${begin} of the data and ${what}`);
    }
    at = end;
  }
  if (at > dataSize) {
    const whole = tensors.filter(({ end }) => end <= dataSize).length;
    return new StateDictError(
      "truncated",
      `The data ends at ${dataSize} of ${at} bytes; ${whole} of ${tensors.length} tensors are whole`,
      { hint: "download or copy it again, or save the rest with verify --salvage" },
    );
  }
  if (at < dataSize) throw corrupt(`${dataSize - at} bytes follow the last tensor`);
  return undefined;
}
