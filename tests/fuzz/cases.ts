/**
 * The cases of a seed: a file and what is done to it.
 *
 * @module
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { corpusDir, fixturesDir } from "../support/corpus.ts";
import { mutate } from "./mutate.ts";
import { randomOf } from "./random.ts";

/** Larger files are left out: they take longer and hold nothing new. */
const LARGEST = 24 * 1024;

/** Every small file of the fixtures, and of the corpora where they are at hand. */
export function seedFiles(): string[] {
  const folders = [
    corpusDir("torch") ?? fixturesDir("torch"),
    corpusDir("arrays") ?? fixturesDir("arrays"),
    ...[corpusDir("hostile") ?? []].flat(),
  ];
  return folders.flatMap(filesBelow).filter((path) => statSync(path).size <= LARGEST).sort();
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() && !/\.(json|md|py)$/.test(entry.name) ? [path] : [];
  });
}

const loaded = new Map<string, Uint8Array<ArrayBuffer>>();

/** The bytes of one case, and the file that they were. */
export function makeCase(
  files: readonly string[],
  seed: number,
  number: number,
): { path: string; bytes: Uint8Array<ArrayBuffer> } {
  const random = randomOf(seed, number);
  const path = random.pick(files);
  let original = loaded.get(path);
  if (!original) loaded.set(path, original = new Uint8Array(readFileSync(path)));
  return { path, bytes: mutate(original, random) };
}
