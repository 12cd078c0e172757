/**
 * Scans compressed streams: what is inside, and what stands behind them.
 *
 * @module
 */

import { CODECS, sniffCodec, unpack } from "../compression/codecs.ts";
import { sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { Claims, Scan } from "./context.ts";
import { hunt } from "./hunt.ts";
import { reportError } from "./pickle_report.ts";
import { inside, promisesModel } from "./place.ts";
import type { Place } from "./place.ts";
import { unpackStream } from "./unpacked.ts";

/** Bytes by which codecs know their streams. */
const MAGIC_BYTES = 16;

/** Codecs that know their streams by one byte, which texts and numbers begin with too. */
const WEAK: ReadonlySet<string> = new Set(["zlib", "lzma"]);

/** Whether bytes begin as a compressed stream. */
export function maybePacked(_source: ByteSource, head: Uint8Array): boolean {
  return sniffCodec(head.subarray(0, MAGIC_BYTES)) !== undefined;
}

/** Scans a stream. Gives the codec and what claims the bytes inside; nothing if nothing does. */
export async function scanPacked(
  scan: Scan,
  source: ByteSource,
  head: Uint8Array,
  outer: Place,
): Promise<Claims> {
  const codec = sniffCodec(head.subarray(0, MAGIC_BYTES))!;
  let stream = unpack(codec, source, 0);
  const { bytes, error } = await unpackStream(scan.budget, source.name, () => {
    stream = unpack(codec, source, 0);
    return stream;
  });
  const { end } = stream;
  const place = inside(outer, codec.name, { name: outer.name, depth: outer.depth + 1 });
  const claims = bytes.size > 0 ? await scan.look(bytes, place) : [];
  const promised = outer.where === "" || promisesModel(outer);
  if (error) {
    const is = claims.length > 0 || promised && (bytes.size > 0 || !WEAK.has(codec.name));
    if (!is) return [];
    reportError(scan, error, outer);
    return [codec.name, ...claims];
  }
  if (claims.length === 0) return [];
  if (!outer.hidden) await reportAround(scan, source, end ?? source.size, claims, outer);
  return [codec.name, ...claims];
}

async function reportAround(
  scan: Scan,
  source: ByteSource,
  end: number,
  claims: Claims,
  place: Place,
): Promise<void> {
  const { log } = scan;
  const { where } = place;
  const inner = CODECS.find(({ name }) => claims[0] === name);
  if (inner) {
    log.add({ rule: "packed-twice", where, why: `A stream of ${inner.name} is packed once more` });
  }
  if (end >= source.size) return;
  const why = `${source.size - end} bytes stand behind the compressed stream`;
  log.add({ rule: "trailing-bytes", where, why, offset: end });
  await hunt(scan, sliceSource(source, end, source.size - end), place, end);
}
