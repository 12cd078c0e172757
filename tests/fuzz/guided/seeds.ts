/**
 * What the fuzzer begins with: the small files there are, and the parts of them, by their kind.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { sniffCodec } from "../../../src/compression/codecs.ts";
import {
  isJson,
  isNpy,
  isSafetensors,
  isZip,
  mayBeLegacy,
  mayBeTar,
} from "../../../src/formats/sniff.ts";
import { bytesSource } from "../../../src/io/source.ts";
import { readZipDirectory } from "../../../src/zip/directory.ts";
import { readMember } from "../../../src/zip/member.ts";
import { packedStreams } from "../../compression/packed_streams.ts";
import { seedFiles } from "../cases.ts";
import { attempt } from "../target.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What bytes are, by their beginning. A codec's name is the kind of its streams. */
export type SeedKind = string;

/** Larger parts slow the fuzzer down and show it nothing new. */
const LARGEST = 24 * 1024;

/** Every seed by its kind, each once. */
export async function seedsByKind(): Promise<Map<SeedKind, Bytes[]>> {
  const kinds = new Map<SeedKind, Bytes[]>();
  const seen = new Set<string>();
  const add = (bytes: Bytes) => {
    const text = Buffer.from(bytes).toString("latin1");
    if (bytes.length > LARGEST || seen.has(text)) return;
    seen.add(text);
    const kind = kindOf(bytes);
    const list = kinds.get(kind);
    if (list) list.push(bytes);
    else kinds.set(kind, [bytes]);
  };
  for (const path of seedFiles()) {
    const bytes = new Uint8Array(readFileSync(path));
    add(bytes);
    if (isZip(bytes)) await attempt(() => addMembers(bytes, add));
  }
  for (const { packed } of packedStreams()) add(packed);
  return kinds;
}

function kindOf(bytes: Bytes): SeedKind {
  if (isZip(bytes)) return "zip";
  if (isNpy(bytes)) return "npy";
  if (isSafetensors(bytes)) return "safetensors";
  if (isJson(bytes)) return "json";
  if (mayBeTar(bytes)) return "tar";
  if (mayBeLegacy(bytes.subarray(0, 64))) return "legacy";
  return sniffCodec(bytes)?.name ?? "pickle";
}

async function addMembers(bytes: Bytes, add: (bytes: Bytes) => void): Promise<void> {
  const directory = await readZipDirectory(bytesSource(bytes));
  for (const entry of directory.entries) {
    if (!/\.(pkl|npy|json|py)$/.test(entry.name)) continue;
    await attempt(async () => add(await readMember(directory, entry, { limit: LARGEST })));
  }
}
