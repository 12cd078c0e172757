/**
 * Formats that can't hold a pickle: safetensors and JSON. What is checked is that they are what they
 * seem.
 *
 * @module
 */

import { blamesBytes, StateDictError } from "../errors.ts";
import { readHeader } from "../formats/safetensors/header.ts";
import { isJson, isSafetensors } from "../formats/sniff.ts";
import { isPlainName } from "../io/beside.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { JsonReader } from "../text/json_reader.ts";
import { quoted } from "../text/quoted.ts";
import { decodeUtf8 } from "../text/utf8.ts";
import type { Scan } from "./context.ts";
import { reportError } from "./pickle_report.ts";
import type { Place } from "./place.ts";

/** Bytes of JSON that are read; the largest vocabularies have half of that. */
const MAX_JSON = 64 * 2 ** 20;

/** Whether bytes begin as safetensors. */
export function maybeSafetensors(_source: ByteSource, head: Uint8Array): boolean {
  return isSafetensors(head);
}

/** Whether bytes begin as JSON. */
export function maybeJson(_source: ByteSource, head: Uint8Array): boolean {
  return isJson(head);
}

/** Scans safetensors: a header with gaps or lies is a broken one. */
export async function scanSafetensors(
  scan: Scan,
  source: ByteSource,
  _head: Uint8Array,
  place: Place,
): Promise<boolean> {
  return await check(scan, place, /\.safetensors$/i, async () => void await readHeader(source));
}

/** Scans JSON; an index of shards may name only files beside it. */
export async function scanJson(
  scan: Scan,
  source: ByteSource,
  _head: Uint8Array,
  place: Place,
): Promise<boolean> {
  return await check(scan, place, /\.json$/i, async () => {
    if (source.size > MAX_JSON) {
      throw new StateDictError("unsupported", `A JSON text of ${source.size} bytes is not read`);
    }
    const origin = { title: "The JSON", offset: 0 };
    const reader = new JsonReader(
      decodeUtf8(await readBytes(source, 0, source.size), origin),
      origin,
    );
    reader.skip();
    reader.end();
    await reportShards(scan, source, place);
  });
}

/** Reads a file by its rules; one that breaks them counts only if its name says that it is one. */
async function check(
  scan: Scan,
  place: Place,
  names: RegExp,
  read: () => Promise<void>,
): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    if (!names.test(place.name)) return false;
    reportError(scan, error, place);
    return true;
  }
}

async function reportShards({ log }: Scan, source: ByteSource, place: Place): Promise<void> {
  if (!/\.index\.json$/i.test(place.name)) return;
  const { isIndex, readIndex } = await import("../formats/huggingface/index_file.ts");
  if (!await isIndex(source)) return;
  const { weights } = await readIndex(source);
  for (const file of new Set(weights.values())) {
    if (isPlainName(file)) continue;
    const why = `The index names the file ${quoted(file)}`;
    log.add({ rule: "unsafe-path", where: place.where, why });
  }
}
