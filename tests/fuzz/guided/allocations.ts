/**
 * Notes memory that is asked for at once, so that a few bytes can't ask for a lot.
 *
 * @module
 */

import { inflationLimit } from "../../../src/compression/limits.ts";

const WATCHED = ["ArrayBuffer", "Uint8Array", "Uint16Array", "Int32Array", "Uint32Array"] as const;

/**
 * Watches the constructors of the process from now on. The function it gives runs an action on a
 * file and throws if a single allocation was larger than twice what the file may unpack to: memory
 * that grows doubles, and a window of LZMA is set aside whole.
 */
export function watchAllocations(): (size: number, action: () => unknown) => unknown {
  let largest = 0;
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  for (const name of WATCHED) {
    const original = globals[name]!;
    const width = (original as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const watched: typeof original = new Proxy(original, {
      construct(target, args, made) {
        if (typeof args[0] === "number") largest = Math.max(largest, args[0] * width);
        return Reflect.construct(target, args, made === watched ? target : made);
      },
    });
    globals[name] = watched;
  }
  return (size, action) => {
    largest = 0;
    const check = () => {
      if (largest > 2 * inflationLimit(size)) {
        throw new Error(`${largest} bytes were asked for at once for a file of ${size}`);
      }
    };
    const result = action();
    if (result instanceof Promise) return result.then(check);
    check();
  };
}
