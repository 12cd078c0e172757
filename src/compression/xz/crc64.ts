/**
 * CRC-64 as xz uses it: ECMA-182's polynomial, lowest bit first.
 *
 * @module
 */

import type { BlockCheck } from "./checks.ts";

/** The polynomial's halves, reflected. */
const POLYNOMIAL_HIGH = 0xc96c5795 | 0;
const POLYNOMIAL_LOW = 0xd7870f42 | 0;

/** Bytes a turn. */
const WIDTH = 8;

let tables: { readonly high: Int32Array; readonly low: Int32Array } | undefined;

/** Starts a CRC-64. */
export function crc64Check(): BlockCheck {
  const { high, low } = tables ??= makeTables();
  let top = -1;
  let bottom = -1;
  return {
    update(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let h = top;
      let l = bottom;
      let i = 0;
      for (const last = bytes.length - WIDTH; i <= last; i += WIDTH) {
        l ^= view.getInt32(i, true);
        h ^= view.getInt32(i + 4, true);
        const a = 1792 + (l & 255);
        const b = 1536 + (l >>> 8 & 255);
        const c = 1280 + (l >>> 16 & 255);
        const d = 1024 + (l >>> 24);
        const e = 768 + (h & 255);
        const f = 512 + (h >>> 8 & 255);
        const g = 256 + (h >>> 16 & 255);
        const j = h >>> 24;
        l = low[a]! ^ low[b]! ^ low[c]! ^ low[d]! ^ low[e]! ^ low[f]! ^ low[g]! ^ low[j]!;
        h = high[a]! ^ high[b]! ^ high[c]! ^ high[d]! ^ high[e]! ^ high[f]! ^ high[g]! ^ high[j]!;
      }
      for (; i < bytes.length; i++) {
        const a = (l ^ bytes[i]!) & 255;
        l = (l >>> 8 | h << 24) ^ low[a]!;
        h = h >>> 8 ^ high[a]!;
      }
      top = h;
      bottom = l;
    },
    digest() {
      const stored = new Uint8Array(8);
      const view = new DataView(stored.buffer);
      view.setInt32(0, ~bottom, true);
      view.setInt32(4, ~top, true);
      return stored;
    },
  };
}

/** Eight tables, in halves: table k is what a byte becomes that has k more bytes behind it. */
function makeTables(): { high: Int32Array; low: Int32Array } {
  const high = new Int32Array(WIDTH * 256);
  const low = new Int32Array(WIDTH * 256);
  for (let i = 0; i < high.length; i++) {
    let h = i < 256 ? 0 : high[i - 256]!;
    let l = i < 256 ? i : low[i - 256]!;
    for (let bit = 0; bit < 8; bit++) {
      const odd = -(l & 1);
      l = (l >>> 1 | h << 31) ^ POLYNOMIAL_LOW & odd;
      h = h >>> 1 ^ POLYNOMIAL_HIGH & odd;
    }
    high[i] = h;
    low[i] = l;
  }
  return { high, low };
}
