/**
 * The inner loops that a person waits for, in WebAssembly's SIMD: casts and statistics, ten times as
 * fast as JavaScript's. `kernels.wat` is their source; what each needs care for, it says there.
 *
 * @module
 */

import { fromBase64 } from "../../text/base64.ts";
import { KERNELS_WASM } from "./kernels_wasm.ts";

/** Numbers that one call may take: their float32s fill a quarter of a megabyte. */
export const KERNEL_NUMBERS = 65_536;

/** Numbers come in groups of so many; fewer are left to the caller. */
export const KERNEL_GROUP = 8;

/** Numbers to give a cast at a time: where one needs care, so many are done one by one. */
export const KERNEL_PIECE = 8192;

/** Where the kernels read, and where they write: on cache lines, with room for float32s at both. */
const FROM = 64;
const TO: number = FROM + 4 * KERNEL_NUMBERS;

/** Casts numbers; 0 if none of them needs care. */
type Cast = (from: number, to: number, count: number) => number;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly f32_bf16: Cast;
  readonly f32_f16: Cast;
  readonly bf16_f32: Cast;
  readonly f16_f32: Cast;
  f32_stats(from: number, to: number, count: number, about: number): number;
}

interface Kernels {
  readonly run: Exports;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

let made: Kernels | null | undefined;

/** The kernels, or null where the runtime has no WebAssembly with SIMD. */
function kernels(): Kernels | null {
  if (made !== undefined) return made;
  try {
    const module = new WebAssembly.Module(fromBase64(KERNELS_WASM)!);
    const run = new WebAssembly.Instance(module).exports as unknown as Exports;
    return made = { run, bytes: new Uint8Array(run.memory.buffer as ArrayBuffer) };
  } catch {
    return made = null; // a browser of before 2023, or one that forbids it: JavaScript does it all
  }
}

/** The floats of 16 bits that have kernels. */
export type HalfName = "bfloat16" | "float16";

/**
 * Rounds float32 to 16 bits. False if it wasn't done: there are no kernels, or some number is NaN,
 * infinite, or becomes infinite or 0.
 *
 * @param count A multiple of {@linkcode KERNEL_GROUP}, at most {@linkcode KERNEL_NUMBERS}.
 */
export function encodeHalves(
  name: HalfName,
  floats: Uint8Array,
  codes: Uint8Array,
  count: number,
): boolean {
  const found = kernels();
  return found !== null &&
    cast(
      found,
      name === "bfloat16" ? "f32_bf16" : "f32_f16",
      floats.subarray(0, 4 * count),
      codes.subarray(0, 2 * count),
      count,
    );
}

/**
 * Widens floats of 16 bits to float32. False if it wasn't done: there are no kernels, or some
 * float16 is NaN or infinite. See {@linkcode encodeHalves}.
 */
export function decodeHalves(
  name: HalfName,
  codes: Uint8Array,
  floats: Uint8Array,
  count: number,
): boolean {
  const found = kernels();
  return found !== null &&
    cast(
      found,
      name === "bfloat16" ? "bf16_f32" : "f16_f32",
      codes.subarray(0, 2 * count),
      floats.subarray(0, 4 * count),
      count,
    );
}

function cast(
  { run, bytes }: Kernels,
  kernel: "f32_bf16" | "f32_f16" | "bf16_f32" | "f16_f32",
  input: Uint8Array,
  output: Uint8Array,
  count: number,
): boolean {
  bytes.set(input, FROM);
  if (run[kernel](FROM, TO, count) !== 0) return false;
  output.set(bytes.subarray(TO, TO + output.length));
  return true;
}

/** What one look at many numbers tells. */
export interface KernelStats {
  /** The least. */
  readonly min: number;
  /** The greatest. */
  readonly max: number;
  /** Zeros of both signs. */
  readonly zeros: number;
  /** The sum of their distances from `about`. */
  readonly sum: number;
  /** The sum of the squares of these. */
  readonly squares: number;
}

/** Looks at float32s; undefined without kernels, or if any isn't finite. See {@linkcode encodeHalves}. */
export function floatStats(
  floats: Uint8Array,
  count: number,
  about: number,
): KernelStats | undefined {
  const found = kernels();
  if (!found) return undefined;
  const { run, bytes } = found;
  bytes.set(floats.subarray(0, 4 * count), FROM);
  if (run.f32_stats(FROM, TO, count, about) !== 0) return undefined;
  const [sum, squares] = new Float64Array(bytes.buffer, TO, 2);
  const extremes = new Float32Array(bytes.buffer, TO + 16, 8);
  const zeros = new Int32Array(bytes.buffer, TO + 48, 4);
  return {
    sum: sum!,
    squares: squares!,
    min: Math.min(...extremes.subarray(0, 4)),
    max: Math.max(...extremes.subarray(4, 8)),
    zeros: zeros[0]! + zeros[1]! + zeros[2]! + zeros[3]!,
  };
}
