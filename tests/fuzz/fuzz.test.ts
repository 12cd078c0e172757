import { test } from "node:test";
import { makeCase, seedFiles } from "./cases.ts";
import { exercise } from "./target.ts";

/** The same cases every time, and others where STATEDICT_SEED says so; a failure names its case. */
const seed = Number(process.env.STATEDICT_SEED ?? 20261125);

/** What takes a few seconds. `run.ts` does more. */
const CASES = 3000;

test(`damaged files are read or refused, seed ${seed}`, { timeout: 120_000 }, async () => {
  const files = seedFiles();
  for (let number = 0; number < CASES; number++) {
    const { path, bytes } = makeCase(files, seed, number);
    await exercise(bytes).catch((cause) => {
      throw new Error(`case ${number} of seed ${seed} (${path})`, { cause });
    });
  }
});
