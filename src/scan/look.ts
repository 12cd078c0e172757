/**
 * Looks at bytes as at a file: every format that might claim them is asked, whatever others say.
 *
 * @module
 */

import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { blamesBytes, StateDictError } from "../errors.ts";
import { UNREAD } from "./context.ts";
import type { Claims, Scan } from "./context.ts";
import { maybeNpy, scanNpy } from "./npy.ts";
import { maybePacked, scanPacked } from "./packed.ts";
import { reportError } from "./pickle_report.ts";
import { scanPickles } from "./pickles.ts";
import type { Place } from "./place.ts";
import { maybeJson, maybeSafetensors, scanJson, scanSafetensors } from "./plain_formats.ts";
import { maybeTar, scanTar } from "./tar.ts";
import { maybeZip, scanZip } from "./zip.ts";

/** Asks one format: a look at the first bytes, and the scan that makes sure. */
interface Detector {
  /** What the format is called. */
  readonly kind: string;
  /** Whether it may be this format. */
  readonly maybe: (
    source: ByteSource,
    head: Uint8Array,
    place: Place,
  ) => boolean | Promise<boolean>;
  /** Scans it; gives whether it is one, or what it is. */
  readonly scan: (
    scan: Scan,
    source: ByteSource,
    head: Uint8Array,
    place: Place,
  ) => Promise<boolean | Claims>;
}

/** First bytes that formats look at: a tar header. */
const HEAD = 512;

/** One line a format; none is asked less because another one claims the bytes. */
const DETECTORS: readonly Detector[] = [
  { kind: "zip", maybe: maybeZip, scan: scanZip },
  { kind: "tar", maybe: maybeTar, scan: scanTar },
  { kind: "packed", maybe: maybePacked, scan: scanPacked },
  { kind: "npy", maybe: maybeNpy, scan: scanNpy },
  { kind: "safetensors", maybe: maybeSafetensors, scan: scanSafetensors },
  { kind: "json", maybe: maybeJson, scan: scanJson },
  { kind: "pickle", maybe: () => true, scan: lookForPickles },
];

async function lookForPickles(
  scan: Scan,
  source: ByteSource,
  _head: Uint8Array,
  place: Place,
): Promise<Claims> {
  const kind = await scanPickles(scan, source, place);
  return kind ? [kind] : [];
}

/** Looks at the bytes; gives what claims them. */
export async function look(scan: Scan, source: ByteSource, place: Place): Promise<Claims> {
  const { log, budget: { limits } } = scan;
  if (place.depth > limits.depth) {
    const deep = new StateDictError(
      "limit",
      `Archives lie inside archives more than ${limits.depth} deep`,
    );
    reportError(scan, deep, place);
    return [UNREAD];
  }
  if (source.size === 0) return [];
  const kinds: string[] = [];
  const claims: string[] = [];
  try {
    const head = await readBytes(source, 0, Math.min(HEAD, source.size));
    for (const detector of DETECTORS) {
      if (!await detector.maybe(source, head, place)) continue;
      const found = await detector.scan(scan, source, head, place);
      const is = found === true ? [detector.kind] : found || [];
      if (is.length === 0) continue;
      kinds.push(is[0]!);
      claims.push(...is);
    }
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    reportError(scan, error, place);
    claims.push(UNREAD);
  }
  if (place.hidden) return claims;
  for (const kind of claims) if (kind !== UNREAD) log.addKind(kind);
  if (kinds.length > 1) {
    const why = `The bytes are ${kinds.join(" and ")} at once`;
    log.add({ rule: "several-readings", where: place.where, why });
  }
  return claims;
}
