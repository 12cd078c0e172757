/**
 * The inputs that `truth.py` gives to torch and numpy, made by the same formulas.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { DType } from "../../src/tensor/dtype.ts";
import { dtypeByName } from "../../src/tensor/dtype.ts";

/** The bytes under a typed array. */
export function bytesOf(array: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** float32 bits whose low 12 are 0, 1 and 4095: every tie of every smaller format. */
export function edges(): Uint32Array<ArrayBuffer> {
  const count = 1 << 20;
  const bits = new Uint32Array(3 * count);
  for (let i = 0; i < count; i++) {
    bits[i] = i << 12;
    bits[count + i] = (i << 12) | 1;
    bits[2 * count + i] = (i << 12) | 0xfff;
  }
  return bits;
}

/** Scattered 32-bit words. */
export function mix(count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, i) => Math.imul(i + 1, 2891336453));
}

/** 64-bit integers of all sizes. */
export function longs(count: number): BigInt64Array<ArrayBuffer> {
  const words = mix(2 * count);
  return BigInt64Array.from({ length: count }, (_, i) => {
    const value = (BigInt(words[2 * i]!) << 32n) | BigInt(words[2 * i + 1]!);
    return BigInt.asIntN(64, value) >> BigInt(i % 64);
  });
}

/** Finite doubles around the range of float32, all bits in use. */
export function doubles(count: number): Float64Array<ArrayBuffer> {
  const values = longs(count);
  const words = mix(count);
  const bits = BigUint64Array.from(values, (value, i) => {
    const exponent = BigInt(1023 - 160 + words[i]! % 320);
    return (BigInt(words[i]! >>> 31) << 63n) | (exponent << 52n) | BigInt.asUintN(52, value);
  });
  return new Float64Array(bits.buffer);
}

/** SHA-256 in hexadecimal. */
export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A type of the table. */
export function type(name: string): DType {
  const found = dtypeByName(name);
  if (!found) throw new Error(`no dtype ${name}`);
  return found;
}

/** Bytes from hexadecimal. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Hexadecimal of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Joins what a generator yields; each block is copied before the next is asked for. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: number[][] = [];
  for await (const bytes of chunks) parts.push(Array.from(bytes));
  return Uint8Array.from(parts.flat());
}
