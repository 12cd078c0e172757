/**
 * Everything odd about an archive that shows between its members: local headers that say something
 * else than the directory, and bytes that no entry claims.
 *
 * @module
 */

import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { listed } from "./anomalies.ts";
import type { ZipDirectory } from "./directory.ts";
import type { ZipEntry } from "./entries.ts";
import {
  DESCRIPTOR_SIGNATURE,
  FLAG_DESCRIPTOR,
  LOCAL_SIGNATURE,
  readU64,
  viewOf,
} from "./layout.ts";
import { readLocalHeader } from "./local.ts";
import type { ZipProblem } from "./problem.ts";

/** Zeros up to this many are taken for alignment; no writer aligns to more. */
const MAX_PADDING = 2 ** 16;

/** Lists what the local headers and the gaps show. Costs a small read a member. */
export async function localAnomalies(
  directory: ZipDirectory,
  signal?: AbortSignal,
): Promise<ZipProblem[]> {
  const { byOffset, source, start } = directory;
  const problems: ZipProblem[] = [];
  // What stands before the first header, the directory has shown already.
  let end = byOffset[0]?.headerOffset ?? start;
  for (const entry of byOffset) {
    if (entry.headerOffset > end) await gap(source, end, entry.headerOffset, problems);
    const { dataOffset, problem } = await readLocalHeader(directory, entry, signal);
    if (problem) problems.push(problem);
    if (dataOffset < 0) {
      end = entry.headerOffset;
      continue;
    }
    end = dataOffset + entry.compressedSize;
    if (entry.flags & FLAG_DESCRIPTOR) {
      const length = await descriptorLength(source, entry, end, start);
      if (length === 0) {
        problems.push({
          rule: "Z3",
          message: "Its data descriptor doesn't hold what the directory does",
          offset: end,
          member: entry.name,
        });
      }
      end += length;
    }
  }
  if (start > end) await gap(source, end, start, problems);
  return listed(problems);
}

/** The length of the descriptor behind a member's data, by its form; 0 if none fits the directory. */
async function descriptorLength(
  source: ByteSource,
  entry: ZipEntry,
  offset: number,
  limit: number,
): Promise<number> {
  if (offset >= limit) return 0;
  const bytes = await readBytes(source, offset, Math.min(24, limit - offset));
  const view = viewOf(bytes);
  for (const signed of [4, 0]) {
    if (signed && (bytes.length < 4 || view.getUint32(0, true) !== DESCRIPTOR_SIGNATURE)) continue;
    for (const wide of [false, true]) {
      const length = signed + (wide ? 20 : 12);
      if (length > bytes.length || view.getUint32(signed, true) !== entry.crc) continue;
      const packed = wide ? readU64(view, signed + 4) : view.getUint32(signed + 4, true);
      const plain = wide ? readU64(view, signed + 12) : view.getUint32(signed + 8, true);
      if (packed === entry.compressedSize && plain === entry.size) return length;
    }
  }
  return 0;
}

async function gap(
  source: ByteSource,
  from: number,
  to: number,
  problems: ZipProblem[],
): Promise<void> {
  const length = to - from;
  const bytes = await readBytes(source, from, Math.min(length, MAX_PADDING));
  if (length <= MAX_PADDING && bytes.every((byte) => byte === 0)) return;
  const hidden = length >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL_SIGNATURE;
  problems.push({
    rule: "Z6",
    message: hidden
      ? `A member that the directory doesn't list stands here, ${length} bytes in all`
      : `${length} bytes here belong to no member`,
    offset: from,
    length,
  });
}
