/**
 * What the fuzzer calls, bundled to one file by `run.ts`. The environment names the target.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { watchAllocations } from "./allocations.ts";
import { TARGETS } from "./targets.ts";

const { run } = TARGETS.get(process.env.STATEDICT_FUZZ_TARGET ?? "")!;
const folder = process.env.STATEDICT_FUZZ_FILES!;
const files = readdirSync(folder).sort().map((name) =>
  new Uint8Array(readFileSync(join(folder, name)))
);
const watched = watchAllocations();

/** One run. The bytes are copied: the fuzzer's own are gone when it returns. */
export function fuzz(data: Uint8Array): unknown {
  const bytes = Uint8Array.from(data);
  return watched(bytes.length, () => run(bytes, files));
}
