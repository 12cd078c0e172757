/**
 * The checks that an xz stream may carry of each block's plain bytes.
 *
 * @module
 */

import { loadCrc32 } from "../../io/crc32.ts";

/** Takes bytes in, and at the end says whether the check that was stored is theirs. */
export interface BlockCheck {
  /** Takes more bytes in. */
  update(bytes: Uint8Array): void;
  /** The check of all of them, as it is stored. */
  digest(): Uint8Array;
}

/** One kind of check. */
export interface CheckKind {
  /** What it is called. */
  readonly name: string;
  /** Bytes that are stored of it. */
  readonly size: number;
  /** Loads what starts one. */
  load(): Promise<() => BlockCheck>;
}

/** The kinds that exist, by the number in a stream's flags; 2, 3 and so on are reserved. */
export const CHECK_KINDS: ReadonlyMap<number, CheckKind> = new Map([
  // deno-lint-ignore require-await -- the others must be loaded
  [0, { name: "none", size: 0, load: async () => noCheck }],
  [1, { name: "CRC-32", size: 4, load: loadCrc32Check }],
  [4, { name: "CRC-64", size: 8, load: async () => (await import("./crc64.ts")).crc64Check }],
  [10, { name: "SHA-256", size: 32, load: async () => (await import("./sha256.ts")).sha256 }],
]);

function noCheck(): BlockCheck {
  return { update: () => {}, digest: () => new Uint8Array(0) };
}

async function loadCrc32Check(): Promise<() => BlockCheck> {
  const crc32 = await loadCrc32();
  return () => {
    let crc = 0;
    return {
      update: (bytes) => void (crc = crc32(bytes, crc)),
      digest() {
        const stored = new Uint8Array(4);
        new DataView(stored.buffer).setUint32(0, crc, true);
        return stored;
      },
    };
  };
}
