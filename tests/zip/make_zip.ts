/**
 * Archives made by hand, field by field, so that each can be made wrong.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { bytesSource } from "../../src/io/source.ts";
import type { ByteSource } from "../../src/io/source.ts";

/** What one of the two headers of a member says. */
export interface HeaderFields {
  flags: number;
  method: number;
  crc: number;
  compressedSize: number;
  size: number;
  name: Uint8Array;
  extra: Uint8Array;
}

/** A member; what isn't given is as it should be for stored data. */
export interface MadeMember extends Partial<HeaderFields> {
  title: string;
  data?: string | Uint8Array;
  /** What the local header says instead. */
  local?: Partial<HeaderFields>;
  /** Where the directory says that the local header is. */
  offset?: number;
  attributes?: number;
  /** What stands behind the data. */
  behind?: Uint8Array;
  /** Leave it out of the directory. */
  hidden?: boolean;
  /** Leave its local header and data out. */
  ghost?: boolean;
}

/** The parts around the members. */
export interface MadeArchive {
  /** Bytes before everything. */
  prefix?: Uint8Array;
  /** Count stated offsets from the prefix's end, not from the file's start. */
  relative?: boolean;
  /** Bytes between the directory and the end record. */
  gap?: Uint8Array;
  comment?: Uint8Array;
  /** Bytes behind everything. */
  suffix?: Uint8Array;
  /** What the end record says instead. */
  end?: { count?: number; size?: number; offset?: number; disk?: number };
  /** Add zip64 records, which may say something else too. */
  zip64?: { count?: number; size?: number; offset?: number; locator?: number };
}

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Numbers of 2, 4 and 8 bytes in turn: `"248"` is one of each. */
export function packed(sizes: string, ...values: number[]): Uint8Array {
  const bytes = Buffer.alloc([...sizes].reduce((sum, size) => sum + Number(size), 0));
  let at = 0;
  values.forEach((value, i) => {
    const size = Number(sizes[i]);
    if (size === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, size);
    at += size;
  });
  return bytes;
}

/** Makes the bytes. */
export function makeZip(members: MadeMember[], around: MadeArchive = {}): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let at = 0;
  const put = (...more: Uint8Array[]) => {
    for (const part of more) {
      parts.push(part);
      at += part.length;
    }
  };
  put(around.prefix ?? new Uint8Array(0));
  const base = around.relative ? at : 0;
  const directory: Uint8Array[] = [];
  for (const member of members) {
    const data = typeof member.data === "string" ? ascii(member.data) : member.data ?? ascii("x");
    const central: HeaderFields = {
      flags: 0,
      method: 0,
      crc: crc32(data),
      compressedSize: data.length,
      size: data.length,
      name: ascii(member.title),
      extra: new Uint8Array(0),
      ...member,
    };
    const local = { ...central, extra: new Uint8Array(0), ...member.local };
    const fields = (header: HeaderFields) =>
      [
        20,
        header.flags,
        header.method,
        0,
        header.crc,
        header.compressedSize,
        header.size,
        header.name
          .length,
        header.extra.length,
      ] as const;
    const offset = member.offset ?? at - base;
    if (!member.ghost) {
      put(packed("4222444422", 0x04034b50, ...fields(local)), local.name, local.extra, data);
      put(member.behind ?? new Uint8Array(0));
    }
    if (member.hidden) continue;
    const tail = packed("22244", 0, 0, 0, member.attributes ?? 0, offset);
    const head = packed("42222444422", 0x02014b50, 20, ...fields(central));
    directory.push(head, tail, central.name, central.extra);
  }
  const start = at;
  put(...directory);
  const size = at - start;
  put(around.gap ?? new Uint8Array(0));
  const count = members.filter((member) => !member.hidden).length;
  const said = { count, size, offset: start - base, disk: 0, ...around.end };
  if (around.zip64) {
    const wide = { count, size, offset: start - base, locator: at, ...around.zip64 };
    put(packed("48224488", 0x06064b50, 44, 45, 45, 0, 0, wide.count, wide.count));
    put(packed("88", wide.size, wide.offset), packed("4484", 0x07064b50, 0, wide.locator, 1));
  }
  const comment = around.comment ?? new Uint8Array(0);
  put(packed("42222", 0x06054b50, said.disk, said.disk, said.count, said.count));
  put(packed("442", said.size, said.offset, comment.length), comment);
  put(around.suffix ?? new Uint8Array(0));
  return new Uint8Array(Buffer.concat(parts));
}

/** The same as a source. */
export function zipSource(members: MadeMember[], around?: MadeArchive): ByteSource {
  return bytesSource(makeZip(members, around), "made.zip");
}
