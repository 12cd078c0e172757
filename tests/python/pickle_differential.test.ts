import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { isStateDictError } from "../../src/errors.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";
import { parsePickle } from "../../src/pickle/read.ts";
import type { Pickle } from "../../src/pickle/read.ts";
import { canonicalText } from "../support/canonical.ts";
import { inRepo } from "../support/corpus.ts";
import { findPython, withoutPython } from "../support/python.ts";

/** What CPython says of one pickle. */
interface Judged {
  readonly hex: string;
  readonly ok: boolean;
  readonly value?: string;
  readonly error?: string;
}

/** The same pickles every time, and others where STATEDICT_SEED says so. */
const SEED = Number(process.env.STATEDICT_SEED ?? 20261125);

/** Seeds from that one on: 50 make a million opcode strings. */
const ROUNDS = Number(process.env.STATEDICT_ROUNDS ?? 1);

/** Every round's pickles in turn, so that a million take no more memory than one round. */
function* judged(kind: "graphs" | "opcodes", count: number): Generator<Judged[]> {
  const script = inRepo("fixtures", "generate", "random_pickles.py");
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    const words = [script, kind, String(seed), String(count)];
    const { stdout, stderr, status } = spawnSync(findPython()!, words, {
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    assert.equal(status, 0, stderr);
    yield stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Judged);
  }
}

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

/** What our machine says; an anomaly is what strict reading refuses although CPython may go on. */
function ours(bytes: Uint8Array<ArrayBuffer>): Pickle | undefined {
  try {
    return parsePickle(bytes, { encoding: "latin1" });
  } catch (error) {
    if (isStateDictError(error)) return undefined;
    throw error;
  }
}

function compare(pickles: readonly Judged[]): string[] {
  const differences: string[] = [];
  for (const { hex, ok, value, error } of pickles) {
    const pickle = ours(bytesOf(hex));
    if (
      pickle?.anomalies.some(({ rule }) => rule !== "text-persistent-id" && rule !== "second-state")
    ) continue;
    if ((pickle !== undefined) !== ok) differences.push(`${hex}: CPython ${error ?? "reads it"}`);
    else if (pickle) {
      const text = canonicalText(pickle.value);
      if (text !== value) differences.push(`${hex}: ${text} instead of ${value}`);
    }
  }
  return differences;
}

const skip = withoutPython([]);
const timeout = 120_000 * ROUNDS;

test(`the machine reads random graphs as CPython does (seed ${SEED})`, { skip, timeout }, () => {
  for (const pickles of judged("graphs", 3000)) {
    assert.ok(pickles.every(({ ok }) => ok));
    assert.deepEqual(compare(pickles).slice(0, 5), []);
  }
});

test(
  `the machine takes and refuses random opcodes as CPython does (seed ${SEED})`,
  { skip, timeout },
  () => {
    for (const pickles of judged("opcodes", 20_000)) {
      assert.ok(pickles.filter(({ ok }) => ok).length > 1000);
      assert.deepEqual(compare(pickles).slice(0, 5), []);
    }
  },
);

test(`what is written again reads the same (seed ${SEED})`, { skip, timeout }, () => {
  for (const pickles of judged("graphs", 600)) {
    for (const [i, { hex, value }] of pickles.entries()) {
      const again = parsePickle(pickleBytes(ours(bytesOf(hex))!.value, { protocol: i % 6 }));
      assert.equal(canonicalText(again.value), value);
    }
  }
});
