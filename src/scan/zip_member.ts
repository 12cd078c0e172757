/**
 * The bytes of a zip member for a scan: also of one that strict readers refuse, as far as anybody
 * could unpack it.
 *
 * @module
 */

import { blamesBytes } from "../errors.ts";
import { packedInput } from "../compression/packed_input.ts";
import { bytesSource, readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { ZipDirectory } from "../zip/directory.ts";
import type { ZipEntry } from "../zip/entries.ts";
import { DEFLATED } from "../zip/layout.ts";
import { findData } from "../zip/local.ts";
import { readMember } from "../zip/member.ts";
import type { Scan } from "./context.ts";
import type { Place } from "./place.ts";
import { replaySource } from "./replay.ts";
import { unpackStream, WHOLE } from "./unpacked.ts";

/** The method LZMA of zip files (APPNOTE, section 5.8). */
const LZMA = 14;

/** A member's bytes as they lie in the archive; undefined if they lie nowhere. */
export async function packedBytes(
  directory: ZipDirectory,
  entry: ZipEntry,
): Promise<ByteSource | undefined> {
  if (entry.problem !== undefined) return undefined;
  const { source, start } = directory;
  try {
    const offset = await findData(directory, entry);
    if (offset > start) return undefined;
    return sliceSource(source, offset, Math.min(entry.compressedSize, start - offset));
  } catch (error) {
    if (blamesBytes(error) && error.code !== "limit") return undefined;
    throw error;
  }
}

/** A member's plain bytes. What contradicts the directory is told, and read all the same. */
export async function plainBytes(
  scan: Scan,
  directory: ZipDirectory,
  entry: ZipEntry,
  packed: ByteSource,
  { where }: Place,
): Promise<ByteSource> {
  if (entry.method === LZMA) return await asLzmaFile(packed, entry.size);
  // Other methods show by the bytes themselves.
  if (entry.method !== DEFLATED) return packed;
  const { log, budget } = scan;
  const { name } = directory.source;
  const pieces = async function* () {
    const { inflateRaw } = await import("../compression/inflate.ts");
    yield* inflateRaw(packedInput(packed, 0));
  };
  if (entry.size > WHOLE) {
    return replaySource({
      size: entry.size,
      name,
      async *pieces() {
        for await (const piece of pieces()) {
          budget.unpack(piece.length);
          yield piece;
        }
      },
    });
  }
  try {
    budget.unpack(entry.size);
    return bytesSource(await readMember(directory, entry, { checkCrc: false }), name);
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    const rule = error.code === "limit" ? "limit" : "zip-size";
    log.add({ rule, where, why: error.message, offset: entry.headerOffset });
  }
  return (await unpackStream(budget, name, pieces)).bytes;
}

/**
 * A member packed by LZMA as the file that the codec knows: zip has a version before the
 * properties, and the size in the directory.
 */
async function asLzmaFile(packed: ByteSource, size: number): Promise<ByteSource> {
  if (packed.size < 9) return packed;
  const zipHead = await readBytes(packed, 0, 9);
  const head = new Uint8Array(13);
  head.set(zipHead.subarray(4));
  new DataView(head.buffer).setBigUint64(5, BigInt(size), true);
  const rest = sliceSource(packed, 9, packed.size - 9);
  const source: ByteSource = {
    size: head.length + rest.size,
    name: packed.name,
    async read(offset, target) {
      const inHead = head.subarray(offset, offset + target.length);
      target.set(inHead);
      if (inHead.length === target.length) return;
      const from = Math.max(0, offset - head.length);
      target.set(await readBytes(rest, from, target.length - inHead.length), inHead.length);
    },
    close: () => Promise.resolve(),
  };
  return source;
}
