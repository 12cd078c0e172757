import assert from "node:assert/strict";
import { test } from "node:test";
import { isStateDictError } from "../../src/errors.ts";
import { readAhead } from "../../src/io/read_ahead.ts";
import { bytesSource, readBytes } from "../../src/io/source.ts";
import { countingSource } from "../support/counting_source.ts";

const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);

test("readAhead() turns small reads into reads of blocks", async () => {
  const counted = countingSource(bytesSource(BYTES));
  const source = readAhead(counted);
  for (let at = 0; at < 100_000; at += 100) {
    assert.deepEqual(await readBytes(source, at, 100), BYTES.subarray(at, at + 100));
  }
  // 64 KiB blocks; the second begins where the first had too few bytes left.
  assert.deepEqual(counted.reads, [
    { offset: 0, length: 65_536 },
    { offset: 65_500, length: 65_536 },
  ]);
});

test("readAhead() goes past its block for long reads, and back for earlier ones", async () => {
  const counted = countingSource(bytesSource(BYTES));
  const source = readAhead(counted);
  assert.deepEqual(await readBytes(source, 10, 70_000), BYTES.subarray(10, 70_010));
  assert.deepEqual(await readBytes(source, 199_990, 10), BYTES.subarray(199_990));
  assert.deepEqual(await readBytes(source, 5, 3), BYTES.subarray(5, 8));
  assert.deepEqual(counted.reads.map(({ offset }) => offset), [10, 199_990, 5]);
});

test("readAhead() serves reads at the same time each with its own bytes", async () => {
  const source = readAhead(countingSource(bytesSource(BYTES)));
  const offsets = [0, 150_000, 70_000, 3, 199_000];
  const parts = await Promise.all(offsets.map((at) => readBytes(source, at, 500)));
  offsets.forEach((at, i) => assert.deepEqual(parts[i], BYTES.subarray(at, at + 500)));
});

test("readAhead() refuses what lies behind the end", async () => {
  const source = readAhead(countingSource(bytesSource(BYTES)));
  await assert.rejects(
    source.read(199_999, new Uint8Array(2)),
    (error) => isStateDictError(error) && error.code === "truncated",
  );
});

test("readAhead() leaves memory as it is", () => {
  const source = bytesSource(BYTES);
  assert.equal(readAhead(source), source);
});
