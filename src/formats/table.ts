/**
 * Every format, in the order in which they are asked. A format's code loads when its bytes are met.
 *
 * @module
 */

import type { Format, Probe } from "./format.ts";

/** A row: a cheap look at the first bytes, and where the format lives. */
export interface FormatRow {
  /** A look at the first bytes that decides whether the format's code is worth loading. */
  readonly maybe: (head: Uint8Array) => boolean;
  /** Loads the format. */
  readonly load: () => Promise<Format>;
}

const startsWith = (...bytes: number[]) => (head: Uint8Array): boolean =>
  bytes.every((byte, i) => head[i] === byte);

const isZip = startsWith(0x50, 0x4b);

/** One line a format. */
export const FORMATS: readonly FormatRow[] = [
  { maybe: isZip, load: async () => (await import("./torch/zip.ts")).TORCH_ZIP },
];

/** The format that claims the bytes, or undefined. */
export async function findFormat(probe: Probe): Promise<Format | undefined> {
  for (const row of FORMATS) {
    if (!row.maybe(probe.head)) continue;
    const format = await row.load();
    if (await format.sniff(probe)) return format;
  }
  return undefined;
}
