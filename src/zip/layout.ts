/**
 * The fixed parts of a zip file (PKWARE's APPNOTE, section 4.3). All numbers are little-endian.
 *
 * @module
 */

/** Begins a member: its local header. */
export const LOCAL_SIGNATURE = 0x04034b50;
/** Begins an entry of the directory. */
export const ENTRY_SIGNATURE = 0x02014b50;
/** Begins the end record. */
export const END_SIGNATURE = 0x06054b50;
/** Begins the zip64 end record. */
export const END64_SIGNATURE = 0x06064b50;
/** Begins the locator of the zip64 end record. */
export const LOCATOR_SIGNATURE = 0x07064b50;
/** Begins a data descriptor, where the writer gives it a signature. */
export const DESCRIPTOR_SIGNATURE = 0x08074b50;

/** Bytes of a local header before its name. */
export const LOCAL_SIZE = 30;
/** Bytes of a directory entry before its name. */
export const ENTRY_SIZE = 46;
/** Bytes of the end record before its comment. */
export const END_SIZE = 22;
/** Bytes of a zip64 end record without extensions. */
export const END64_SIZE = 56;
/** Bytes of the zip64 locator. */
export const LOCATOR_SIZE = 20;

/** What a 16-bit field holds when the zip64 one has the value. */
export const FULL16 = 0xffff;
/** What a 32-bit field holds when the zip64 one has the value. */
export const FULL32 = 0xffffffff;

/** The extra field that holds 64-bit sizes and offsets. */
export const ZIP64_FIELD = 1;

/** Flag: CRC and sizes stand behind the data, in a descriptor. */
export const FLAG_DESCRIPTOR = 0x8;
/** Flag: the name is UTF-8. */
export const FLAG_UTF8 = 0x800;

/** Method: the bytes as they are. */
export const STORED = 0;
/** Method: raw deflate. */
export const DEFLATED = 8;

/** A view of bytes, wherever they lie in their buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A 64-bit number. Above 2^53 it is rounded, which is enough: it is larger than any file then, and
 * every use compares it with a file's size.
 */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

/** Writes a whole number below 2^53 as 64 bits. */
export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
