/**
 * Scans arrays in npy form: those of objects are a pickle.
 *
 * @module
 */

import { blamesBytes } from "../errors.ts";
import { isNpy } from "../formats/sniff.ts";
import { readNpyHeader } from "../formats/numpy/npy_header.ts";
import type { NpyHeader } from "../formats/numpy/npy_header.ts";
import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { Scan } from "./context.ts";
import { hunt } from "./hunt.ts";
import { reportError } from "./pickle_report.ts";
import { scanPickles } from "./pickles.ts";
import type { Place } from "./place.ts";

/** Whether bytes begin as an array. */
export function maybeNpy(_source: ByteSource, head: Uint8Array): boolean {
  return isNpy(head);
}

/** Scans an array, and those behind it: `numpy.save` can be called again and again on one file. */
export async function scanNpy(
  scan: Scan,
  source: ByteSource,
  _head: Uint8Array,
  place: Place,
): Promise<boolean> {
  for (let at = 0; at < source.size;) {
    scan.budget.checkTime();
    const rest = sliceSource(source, at, source.size - at);
    if (at > 0 && !isNpy(await readBytes(rest, 0, Math.min(6, rest.size)))) {
      if (!place.hidden) await hunt(scan, rest, place, at);
      break;
    }
    const header = await readHeader(scan, rest, place);
    if (!header) break;
    if (header.stored.dtype.objects) {
      const kind = await scanPickles(scan, rest, place, header.dataStart);
      if (!kind && !place.hidden) {
        const why = "An array of objects has no pickle behind its header";
        scan.log.add({
          rule: "broken-file",
          where: place.where,
          why,
          offset: at + header.dataStart,
        });
      }
      break;
    }
    at += header.dataStart + header.nbytes;
  }
  return true;
}

async function readHeader(
  scan: Scan,
  source: ByteSource,
  place: Place,
): Promise<NpyHeader | undefined> {
  try {
    return await readNpyHeader(source.size, (length) => readBytes(source, 0, length));
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    reportError(scan, error, place);
    return undefined;
  }
}
