/**
 * Sets checksums and lengths right again in damaged files, so that what lies behind them is read.
 *
 * @module
 */

import { crc32 } from "../../../src/io/crc32.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A copy with whatever checksums and lengths it has set right; what isn't there is left alone. */
export type Mend = (bytes: Bytes) => Bytes;

const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const DESCRIPTOR = 0x08074b50;

/** The checksums of an archive's stored members, in all three places. */
export const mendZip: Mend = (bytes) => {
  const mended = bytes.slice();
  const view = new DataView(mended.buffer);
  for (let at = 0; at + 46 <= mended.length; at++) {
    if (mended[at] === 0x50 && view.getUint32(at, true) === ENTRY) mendMember(mended, view, at);
  }
  return mended;
};

function mendMember(bytes: Bytes, view: DataView, entry: number): void {
  const header = view.getUint32(entry + 42, true);
  const size = view.getUint32(entry + 24, true);
  if (view.getUint16(entry + 10, true) !== 0 || header + 30 > bytes.length) return;
  if (view.getUint32(header, true) !== LOCAL) return;
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + size > bytes.length) return;
  const crc = crc32(bytes.subarray(start, start + size));
  // PyTorch may leave a 0 for "not computed"; it stays one.
  for (const place of [entry + 16, header + 14]) {
    if (view.getUint32(place, true) !== 0) view.setUint32(place, crc, true);
  }
  const behind = start + size;
  if (behind + 8 <= bytes.length && view.getUint32(behind, true) === DESCRIPTOR) {
    view.setUint32(behind + 4, crc, true);
  }
}

/** The length before a safetensors header: up to the last bracket that closes. */
export const mendSafetensors: Mend = (bytes) => {
  const mended = bytes.slice();
  const end = mended.lastIndexOf(0x7d) + 1;
  if (end > 8) new DataView(mended.buffer).setBigUint64(0, BigInt(end - 8), true);
  return mended;
};

/** The length before an npy header: up to its line's end. */
export const mendNpy: Mend = (bytes) => {
  const mended = bytes.slice();
  const start = mended[6] === 1 ? 10 : 12;
  const end = mended.indexOf(0x0a, start) + 1;
  if (end === 0) return mended;
  const view = new DataView(mended.buffer);
  if (start === 10) view.setUint16(8, end - start, true);
  else view.setUint32(8, end - start, true);
  return mended;
};

/** The CRC-32 of an xz stream's header and of its first block's header. */
export const mendXz: Mend = (bytes) => {
  const mended = bytes.slice();
  const view = new DataView(mended.buffer);
  if (mended.length < 24) return mended;
  view.setUint32(8, crc32(mended.subarray(6, 8)), true);
  const end = 12 + 4 * mended[12]!;
  if (end + 4 <= mended.length) view.setUint32(end, crc32(mended.subarray(12, end)), true);
  return mended;
};

/** The sum in each block of a tar archive that has the place of one filled in octal. */
export const mendTar: Mend = (bytes) => {
  const mended = bytes.slice();
  for (let at = 0; at + 512 <= mended.length; at += 512) {
    const block = mended.subarray(at, at + 512);
    const place = block.subarray(148, 156);
    if (!place.every((byte) => byte === 0 || byte === 0x20 || byte >> 3 === 6)) continue;
    if (place.every((byte) => byte === 0)) continue;
    place.fill(0x20);
    const sum = block.reduce((total, byte) => total + byte, 0);
    place.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `));
  }
  return mended;
};
