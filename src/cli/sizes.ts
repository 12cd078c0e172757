/**
 * Sizes as people write them.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** What a size may be written with: `GB` counts in thousands as disks do, `GiB` in 1024ths. */
const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40],
]);

/** Bytes of `5GB`, `256MiB`, `1.5 GiB` or a bare number; throws `usage` for anything else. */
export function parseSize(text: string): number {
  const [, digits, unit] = /^(\d{1,16}(?:\.\d{1,16})?) ?([a-zA-Z]{0,3})$/.exec(text) ?? [];
  const factor = SIZE_UNITS.get(unit?.toLowerCase() ?? "?");
  const size = factor === undefined ? NaN : Math.round(Number(digits) * factor);
  if (Number.isSafeInteger(size)) return size;
  throw new StateDictError("usage", `"${text}" is not a size`, {
    hint: "write bytes as 5000000, 5MB or 256MiB",
  });
}
