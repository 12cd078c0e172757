import fc from "fast-check";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dumps, loads } from "../../src/checkpoint/plain.ts";
import { loadedText, pythonText, values } from "../support/arbitrary_values.ts";
import { inRepo } from "../support/corpus.ts";
import { findPython, withoutPython } from "../support/python.ts";
import { withScratch } from "../support/scratch.ts";

/** The same values every time, and others where STATEDICT_SEED says so; a failure names it. */
const seed = Number(process.env.STATEDICT_SEED ?? 20261125);

test("loads() gives what dumps() was given, in every protocol", { timeout: 60_000 }, () => {
  const protocols = fc.constantFrom(0, 1, 2, 3, 4, 5);
  const property = fc.property(values, protocols, (value, protocol) => {
    assert.equal(loadedText(loads(dumps(value, { protocol }))), loadedText(value));
  });
  fc.assert(property, { seed, numRuns: 2000 });
});

const skip = withoutPython(["numpy"]);

test("CPython reads what dumps() wrote, and loads() what CPython wrote", {
  skip,
  timeout: 60_000,
}, () =>
  withScratch((folder) => {
    const sample = fc.sample(values, { seed, numRuns: 3000 });
    const input = sample.map((value, i) =>
      Buffer.from(dumps(value, { protocol: i % 6 })).toString("base64")
    );
    const file = join(folder, "pickles.txt");
    writeFileSync(file, input.join("\n"));
    const script = inRepo("fixtures", "generate", "read_and_write_back.py");
    const { stdout, stderr } = spawnSync(findPython(["numpy"])!, [script, file], {
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, sample.length, stderr);
    for (const [i, line] of lines.entries()) {
      const { text, back } = JSON.parse(line) as { text: string; back: string };
      const value = sample[i];
      assert.equal(text, pythonText(value), `value ${i} of seed ${seed}`);
      const again = loads(new Uint8Array(Buffer.from(back, "base64")));
      assert.equal(loadedText(again), loadedText(value), `value ${i} of seed ${seed}`);
    }
  }));
