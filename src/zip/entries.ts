/**
 * The entries of an archive's directory.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import {
  ENTRY_SIGNATURE,
  ENTRY_SIZE,
  FLAG_UTF8,
  FULL32,
  LOCAL_SIZE,
  readU64,
  viewOf,
  ZIP64_FIELD,
} from "./layout.ts";
import { decodeCp437, decodeName } from "./names.ts";

/** More entries than this are not read: a million take 300 MB and no checkpoint comes near. */
export const MAX_ENTRIES = 1_000_000;

/** One member, as the directory describes it. */
export interface ZipEntry {
  /** Its name. */
  readonly name: string;
  /** How it is packed: 0 stored, 8 deflated. */
  readonly method: number;
  /** The general purpose flags. */
  readonly flags: number;
  /** CRC-32 of the plain bytes; torch writes 0 for "not computed". */
  readonly crc: number;
  /** Bytes in the archive. */
  readonly compressedSize: number;
  /** Plain bytes. */
  readonly size: number;
  /** Offset in the file of its local header. */
  readonly headerOffset: number;
  /** What the system that wrote it knows of it; on Unix the file type and mode. */
  readonly externalAttributes: number;
  /** Why it can't be read, if the directory alone shows that. */
  readonly problem: string | undefined;
  /** Offset in the file of its data, once its local header has been read; -1 before. */
  dataOffset: number;
  /** Its place among the readable entries by {@linkcode headerOffset}; -1 for the others. */
  order: number;
}

/** What the bytes of a directory hold. */
export interface ParsedEntries {
  /** The entries as they come. */
  readonly entries: ZipEntry[];
  /** Whether every name is the same to all readers: lower case, no odd parts. */
  readonly plainNames: boolean;
}

/**
 * Reads a directory.
 *
 * @param bytes The directory.
 * @param start Its offset in the file.
 * @param base What the stated offsets count from.
 */
export function parseEntries(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  base: number,
): ParsedEntries {
  const view = viewOf(bytes);
  const entries: (ZipEntry & { name: string })[] = [];
  // The ASCII names one behind the other, to be decoded at once.
  const names = new Uint8Array(bytes.length);
  const cuts: number[] = [];
  let named = 0;
  let plainNames = true;
  let at = 0;
  while (at < bytes.length) {
    if (at + ENTRY_SIZE > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw damaged(
        `The directory's entry ${entries.length} doesn't begin with PK 1 2`,
        start + at,
      );
    }
    const nameStart = at + ENTRY_SIZE;
    const nameEnd = nameStart + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) {
      throw damaged(
        `The directory's entry ${entries.length} is longer than the directory`,
        start + at,
      );
    }
    if (entries.length === MAX_ENTRIES) {
      throw new StateDictError("limit", `The archive has more than ${MAX_ENTRIES} members`, {
        offset: start + at,
        hint: "no checkpoint needs so many",
      });
    }
    const kind = takeName(bytes, nameStart, nameEnd, names, named);
    if (kind !== "plain") plainNames = false;
    const entry = {
      name: "",
      method: view.getUint16(at + 10, true),
      flags: view.getUint16(at + 8, true),
      crc: view.getUint32(at + 16, true),
      compressedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      headerOffset: view.getUint32(at + 42, true),
      externalAttributes: view.getUint32(at + 38, true),
      problem: undefined as string | undefined,
      dataOffset: -1,
      order: -1,
    };
    if (kind === "other") {
      const name = bytes.subarray(nameStart, nameEnd);
      const decoded = decodeName(name, (entry.flags & FLAG_UTF8) !== 0);
      if (decoded === undefined) entry.problem = "Its name isn't the UTF-8 that it says it is";
      entry.name = decoded ?? decodeCp437(name);
    } else named += nameEnd - nameStart;
    cuts.push(named);
    if (entry.size === FULL32 || entry.compressedSize === FULL32 || entry.headerOffset === FULL32) {
      if (!widen(entry, view, nameEnd, extraEnd)) {
        entry.problem ??= "Its sizes are in a zip64 field that isn't there";
      }
    }
    entry.headerOffset += base;
    // The least it takes: its local name, which may be shorter than this one, comes on top.
    const dataEnd = entry.headerOffset + LOCAL_SIZE + entry.compressedSize;
    if (entry.headerOffset < 0 || dataEnd > start) {
      entry.problem ??= `Its bytes, ${entry.headerOffset} to ${dataEnd}, leave the archive`;
    }
    entries.push(entry);
    at = next;
  }
  const text = new TextDecoder().decode(names.subarray(0, named));
  for (let i = 0, from = 0; i < cuts.length; from = cuts[i++]!) {
    if (cuts[i]! > from) entries[i]!.name = text.substring(from, cuts[i]!);
  }
  return { entries, plainNames };
}

function damaged(message: string, offset: number): StateDictError {
  return new StateDictError("corrupt", message, { offset });
}

/**
 * Copies a name and says what it is: `plain`, ASCII that is its own normal name; `ascii`, ASCII that
 * may not be; `other`, not ASCII and to be decoded by itself.
 */
function takeName(
  bytes: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  targetAt: number,
): "plain" | "ascii" | "other" {
  let plain = to > from && bytes[to - 1] !== SLASH;
  let before = SLASH;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte >= 128) return "other";
    if (
      (byte === SLASH && (before === SLASH || before === DOT)) || byte === 0 || byte === 0x5c ||
      (byte >= 0x41 && byte <= 0x5a)
    ) plain = false;
    target[targetAt + i - from] = byte;
    before = byte;
  }
  return plain && before !== DOT ? "plain" : "ascii";
}

const SLASH = 0x2f;
const DOT = 0x2e;

interface Widened {
  size: number;
  compressedSize: number;
  headerOffset: number;
}

/** Takes the values that need 64 bits from the zip64 field, which holds only those, in this order. */
function widen(entry: Widened, view: DataView, from: number, to: number): boolean {
  for (let at = from; at + 4 <= to;) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) !== ZIP64_FIELD) {
      at = end;
      continue;
    }
    let value = at + 4;
    for (const field of ["size", "compressedSize", "headerOffset"] as const) {
      if (entry[field] !== FULL32) continue;
      if (value + 8 > Math.min(end, to)) return false;
      entry[field] = readU64(view, value);
      value += 8;
    }
    return true;
  }
  return false;
}
