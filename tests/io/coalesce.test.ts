import assert from "node:assert/strict";
import { test } from "node:test";
import { coalesce } from "../../src/io/coalesce.ts";
import { bytesSource, readBytes } from "../../src/io/source.ts";
import type { ByteSource } from "../../src/io/source.ts";

const BYTES = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);

/** A source that takes scattered reads, with a record of what it was asked for, as offset and end. */
function recording(): { source: ByteSource; reads: string[]; most: () => number } {
  const inner = bytesSource(BYTES);
  const reads: string[] = [];
  let now = 0;
  let most = 0;
  const source = {
    size: inner.size,
    name: inner.name,
    read: (offset: number, target: Uint8Array) => source.readParts(offset, [target]),
    async readParts(offset: number, parts: readonly Uint8Array[], signal?: AbortSignal) {
      most = Math.max(most, ++now);
      let at = offset;
      for (const part of parts) {
        part.set(BYTES.subarray(at, at + part.length));
        at += part.length;
      }
      reads.push(`${offset}-${at}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
      signal?.throwIfAborted();
    },
    close: () => inner.close(),
  };
  return { source, reads, most: () => most };
}

async function readAll(source: ByteSource, places: readonly (readonly [number, number])[]) {
  const parts = await Promise.all(places.map(([at, length]) => readBytes(source, at, length)));
  places.forEach(([at, length], i) => assert.deepEqual(parts[i], BYTES.subarray(at, at + length)));
}

test("coalesce() makes one read of those that lie within 32 KiB of each other", async () => {
  const { source, reads } = recording();
  await readAll(coalesce(source), [[40_000, 10], [0, 100], [100, 50], [5000, 5], [500_000, 1]]);
  assert.deepEqual(reads, ["0-5005", "40000-40010", "500000-500001"]);
});

test("coalesce() keeps reads apart that different signals stop", async () => {
  const { source, reads } = recording();
  const coalesced = coalesce(source);
  const stop = new AbortController();
  const stopped = coalesced.read(0, new Uint8Array(10), stop.signal);
  const other = readAll(coalesced, [[10, 10]]);
  stop.abort();
  await assert.rejects(stopped, { name: "AbortError" });
  await other;
  assert.deepEqual(reads.sort(), ["0-10", "10-20"]);
});

test("coalesce() has six reads under way at most", async () => {
  const { source, reads, most } = recording();
  const places = Array.from({ length: 20 }, (_, i) => [i * 50_000, 7] as const);
  await readAll(coalesce(source), places);
  assert.equal(reads.length, 20);
  assert.equal(most(), 6);
});

test("coalesce() tells all that wait for a read of its failure", async () => {
  const source = coalesce({
    ...bytesSource(BYTES),
    readSync: undefined,
    view: undefined,
    read: () => Promise.reject(new Error("no")),
  } as unknown as ByteSource);
  const results = await Promise.allSettled([readBytes(source, 0, 5), readBytes(source, 9, 5)]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected"]);
});
