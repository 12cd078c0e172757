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

/** Where the kernels read, and where they write: on cache lines, with room for float32s at both. */
const FROM = 64;
const TO: number = FROM + 4 * KERNEL_NUMBERS;

type Encoder = (from: number, to: number, count: number) => number;
type Decoder = (from: number, to: number, count: number) => void;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly f32_bf16: Encoder;
  readonly f32_f16: Encoder;
  readonly bf16_f32: Decoder;
  readonly f16_f32: Decoder;
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
 * Rounds float32 to 16 bits. False if it wasn't done: there are no kernels, or some number is NaN or
 * becomes infinite or 0.
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
  if (!found) return false;
  const { run, bytes } = found;
  bytes.set(floats.subarray(0, 4 * count), FROM);
  if ((name === "bfloat16" ? run.f32_bf16 : run.f32_f16)(FROM, TO, count) !== 0) return false;
  codes.set(bytes.subarray(TO, TO + 2 * count));
  return true;
}

/** Widens floats of 16 bits to float32; false if there are no kernels. See {@linkcode encodeHalves}. */
export function decodeHalves(
  name: HalfName,
  codes: Uint8Array,
  floats: Uint8Array,
  count: number,
): boolean {
  const found = kernels();
  if (!found) return false;
  const { run, bytes } = found;
  bytes.set(codes.subarray(0, 2 * count), FROM);
  (name === "bfloat16" ? run.bf16_f32 : run.f16_f32)(FROM, TO, count);
  floats.set(bytes.subarray(TO, TO + 4 * count));
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
