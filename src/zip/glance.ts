/**
 * A quick look at an archive as PyTorch writes it: stored members in a row, one directory, nothing
 * beside them. Whatever is otherwise, even if it is no error, is left to `directory.ts`, which reads
 * every archive there is: this module only saves its start-up time.
 *
 * @module
 */

import { checksum } from "../io/crc32.ts";
import type { GlanceFile } from "../io/glance_file.ts";
import { asciiText } from "../text/ascii.ts";
import {
  END64_SIGNATURE,
  END64_SIZE,
  END_SIGNATURE,
  END_SIZE,
  ENTRY_SIGNATURE,
  ENTRY_SIZE,
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  FULL16,
  FULL32,
  LOCAL_SIGNATURE,
  LOCAL_SIZE,
  LOCATOR_SIGNATURE,
  LOCATOR_SIZE,
  readU64,
  STORED,
  viewOf,
  ZIP64_FIELD,
} from "./layout.ts";

/** A stored member. */
export interface GlancedMember {
  /** Its name. */
  readonly name: string;
  /** Its bytes. */
  readonly size: number;
  /** Their CRC-32; 0 is PyTorch's "not computed". */
  readonly crc: number;
  /** The general purpose flags. */
  readonly flags: number;
  /** Where its local header begins. */
  readonly start: number;
  /** Where the next member or the directory begins. */
  end: number;
}

/**
 * Bytes of each end that are read at once: behind the first stand most checkpoints' pickles, before
 * the last stands the whole directory of up to about 800 members.
 */
const WINDOW = 2 ** 16;

/** Names that are one and the same to every reader, but for their case. */
const PLAIN_NAME = /^[ -.0-[\]-~][ -[\]-~]*$/;
const ODD_PART = /\/(\.?\/|\.?$)|^\.\//;

/** An archive that is as it should be. */
export interface GlancedArchive {
  /** The members by name, in their order; no two differ only in case. */
  readonly members: ReadonlyMap<string, GlancedMember>;
  /** Reads a range: from the ends that are there already, if it lies in one. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** The archive; undefined if it isn't such a one. */
export async function glanceZip(file: GlanceFile): Promise<GlancedArchive | undefined> {
  const read = await readEnds(file);
  const tailStart = Math.max(0, file.size - WINDOW);
  const end = endRecord(await read(tailStart, file.size - tailStart), tailStart);
  if (!end || end.start + end.length > file.size) return undefined;
  const found = members(await read(end.start, end.length), end.start, end.count);
  return found && { members: found, read };
}

async function readEnds({ size, read }: GlanceFile): Promise<GlancedArchive["read"]> {
  const length = Math.min(size, WINDOW);
  const ends = [0, size - length].map(async (start) => ({
    start,
    bytes: await read(start, length),
  }));
  const windows = await Promise.all(ends);
  return async (offset, length) => {
    for (const { start, bytes } of windows) {
      const from = offset - start;
      if (from >= 0 && from + length <= bytes.length) return bytes.subarray(from, from + length);
    }
    return await read(offset, length);
  };
}

interface End {
  readonly start: number;
  readonly length: number;
  readonly count: number;
}

/** The end record without a comment, and its zip64 twin before it. */
function endRecord(tail: Uint8Array, tailStart: number): End | undefined {
  const at = tail.length - END_SIZE;
  if (at < 0) return undefined;
  const view = viewOf(tail);
  if (view.getUint32(at, true) !== END_SIGNATURE || view.getUint16(at + 20, true) !== 0) {
    return undefined;
  }
  let count = view.getUint16(at + 10, true);
  let length = view.getUint32(at + 12, true);
  let start = view.getUint32(at + 16, true);
  // The disks' numbers are 0, and all entries are on this one.
  if (view.getUint32(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== count) {
    return undefined;
  }
  let records = at;
  const locator = at - LOCATOR_SIZE;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR_SIGNATURE) {
    records = locator - END64_SIZE;
    if (
      records < 0 || view.getUint32(records, true) !== END64_SIGNATURE ||
      readU64(view, records + 4) !== END64_SIZE - 12 || readU64(view, records + 16) !== 0 ||
      view.getUint32(locator + 4, true) !== 0 || view.getUint32(locator + 16, true) !== 1 ||
      readU64(view, locator + 8) !== tailStart + records
    ) return undefined;
    const wide = [32, 40, 48].map((field) => readU64(view, records + field));
    if (readU64(view, records + 24) !== wide[0]) return undefined;
    const agree = (old: number, now: number, full: number) => old === now || old === full;
    if (
      !agree(count, wide[0]!, FULL16) || !agree(length, wide[1]!, FULL32) ||
      !agree(start, wide[2]!, FULL32)
    ) return undefined;
    [count, length, start] = wide as [number, number, number];
  }
  return start + length === tailStart + records ? { start, length, count } : undefined;
}

function members(
  bytes: Uint8Array,
  directoryStart: number,
  count: number,
): Map<string, GlancedMember> | undefined {
  const view = viewOf(bytes);
  const text = asciiText(bytes);
  const found = new Map<string, GlancedMember>();
  let before: GlancedMember | undefined;
  let mixed = false; // some name has capitals
  let free = 0; // the members lie behind one another, from the first byte on
  let at = 0;
  while (at < bytes.length) {
    if (at + ENTRY_SIZE > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      return undefined;
    }
    const nameEnd = at + ENTRY_SIZE + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    const flags = view.getUint16(at + 8, true);
    if (
      next > bytes.length || (flags & ~(FLAG_DESCRIPTOR | FLAG_UTF8)) !== 0 ||
      view.getUint16(at + 10, true) !== STORED
    ) return undefined;
    let packed = view.getUint32(at + 20, true);
    let size = view.getUint32(at + 24, true);
    let start = view.getUint32(at + 42, true);
    if (size === FULL32 || packed === FULL32 || start === FULL32) {
      // The wide values stand in the zip64 field, in this order, each only if it is needed.
      let field = nameEnd;
      if (field + 4 > extraEnd || view.getUint16(field, true) !== ZIP64_FIELD) return undefined;
      const fieldEnd = field + 4 + view.getUint16(field + 2, true);
      if (fieldEnd > extraEnd) return undefined;
      field += 4;
      const wide = () => field + 8 > fieldEnd ? NaN : readU64(view, (field += 8) - 8);
      if (size === FULL32) size = wide();
      if (packed === FULL32) packed = wide();
      if (start === FULL32) start = wide();
    }
    const name = text.substring(at + ENTRY_SIZE, nameEnd);
    if (packed !== size || !PLAIN_NAME.test(name) || ODD_PART.test(name)) return undefined;
    const first = found.size === 0;
    if (!(first ? start === 0 : start >= free)) return undefined;
    free = start + LOCAL_SIZE + size;
    if (!(free <= directoryStart)) return undefined;
    if (before) before.end = start;
    const crc = view.getUint32(at + 16, true);
    before = { name, size, crc, flags, start, end: directoryStart };
    found.set(name, before);
    mixed ||= name.toLowerCase() !== name;
    at = next;
    if (found.size > count) return undefined;
  }
  // Fewer names than entries: two are one, to torch also if they differ in case.
  const names = mixed ? new Set([...found.keys()].map((name) => name.toLowerCase())) : found;
  return names.size === count && count > 0 ? found : undefined;
}

/** The bytes of a member whose local header says the same as the directory; undefined otherwise. */
export async function glanceMember(
  archive: GlancedArchive,
  member: GlancedMember,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { name, size, crc, flags, start, end } = member;
  const bytes = await archive.read(start, end - start);
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) return undefined;
  const nameEnd = LOCAL_SIZE + view.getUint16(26, true);
  const data = nameEnd + view.getUint16(28, true);
  const stated = (at: number, value: number) => {
    const local = view.getUint32(at, true);
    return local === value || ((flags & FLAG_DESCRIPTOR) !== 0 && local === 0);
  };
  if (
    data + size > bytes.length || view.getUint16(6, true) !== flags ||
    view.getUint16(8, true) !== STORED || !stated(14, crc) || !stated(18, size) ||
    !stated(22, size) ||
    new TextDecoder("latin1").decode(bytes.subarray(LOCAL_SIZE, nameEnd)) !== name
  ) return undefined;
  const plain = bytes.subarray(data, data + size);
  return crc === 0 || await checksum(plain) === crc ? plain : undefined;
}
