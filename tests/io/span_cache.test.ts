import assert from "node:assert/strict";
import { test } from "node:test";
import { isStateDictError } from "../../src/errors.ts";
import { bytesSource, readBytes } from "../../src/io/source.ts";
import type { ByteSource } from "../../src/io/source.ts";
import { cacheSpans, spanBudget } from "../../src/io/span_cache.ts";
import { countingSource } from "../support/counting_source.ts";

const BYTES = Uint8Array.from({ length: 20_000_000 }, (_, i) => (i * 7) % 251);

function counted() {
  const inner = countingSource(bytesSource(BYTES));
  // Without its quick way, as a server is.
  return { ...inner, readSync: undefined, view: undefined } as unknown as typeof inner;
}

async function readsRight(source: ByteSource, at: number, length: number): Promise<void> {
  const bytes = await readBytes(source, at, length);
  assert.ok(Buffer.from(bytes).equals(BYTES.subarray(at, at + length)), `at ${at}`);
}

test("cacheSpans() reads what is known from memory", async () => {
  const inner = counted();
  const source = cacheSpans(inner, { known: [[0, BYTES.slice(0, 1000)]] });
  await readsRight(source, 10, 990);
  assert.deepEqual(inner.reads, []);
});

test("cacheSpans() reads only what is missing between what is known", async () => {
  const inner = counted();
  const known = [[0, BYTES.slice(0, 1000)], [1500, BYTES.slice(1500, 9000)]] as const;
  await readsRight(cacheSpans(inner, { known }), 900, 800);
  assert.deepEqual(inner.reads, [{ offset: 1000, length: 500 }]);
});

test("cacheSpans() reads around what is far away, and not twice", async () => {
  const inner = counted();
  const source = cacheSpans(inner);
  await readsRight(source, 5_000_000, 30);
  await readsRight(source, 5_000_030, 30);
  await readsRight(source, 4_999_000, 30);
  // 4 KiB before, 64 KiB behind.
  assert.deepEqual(inner.reads, [{ offset: 4_995_904, length: 4096 + 30 + 65_536 }]);
});

test("cacheSpans() reads further ahead the longer reading goes on", async () => {
  const inner = counted();
  const source = cacheSpans(inner);
  for (let at = 0; at < 8_000_000; at += 10_000) await readsRight(source, at, 10_000);
  assert.ok(inner.reads.length < 12, `${inner.reads.length} reads`);
  const lengths = inner.reads.map(({ length }) => length);
  assert.deepEqual(lengths, lengths.toSorted((a, b) => a - b));
});

test("cacheSpans() reads what is long without keeping it", async () => {
  const inner = counted();
  const source = cacheSpans(inner);
  await readsRight(source, 100_000, 2_000_000);
  await readsRight(source, 2_100_000, 60_000); // what stands behind it came along
  assert.equal(inner.reads.length, 3);
  await readsRight(source, 100_000, 2_000_000);
  assert.ok(inner.reads.length > 3);
});

test("cacheSpans() makes one read of many at the same time", async () => {
  const inner = counted();
  const source = cacheSpans(inner);
  const offsets = Array.from({ length: 50 }, (_, i) => i * 1000);
  await Promise.all(offsets.map((at) => readsRight(source, at, 100)));
  assert.equal(inner.reads.length, 1);
});

test("cacheSpans() keeps no more than its budget, which sources may share", async () => {
  const budget = spanBudget(200_000);
  const [first, second] = [counted(), counted()];
  const [one, other] = [cacheSpans(first, { budget }), cacheSpans(second, { budget })];
  await readsRight(one, 0, 10);
  await readsRight(other, 0, 10);
  await readsRight(one, 0, 10);
  assert.equal(first.reads.length, 1);
  await readsRight(one, 1_000_000, 10);
  await readsRight(one, 2_000_000, 10);
  await readsRight(other, 0, 10); // the one that was not used for longest is gone
  assert.equal(second.reads.length, 2);
});

test("cacheSpans() is no victim of another reader's failure", async () => {
  const inner = counted();
  const stop = new AbortController();
  const source = cacheSpans({
    ...inner,
    async read(offset, target, signal) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      signal?.throwIfAborted();
      await inner.read(offset, target);
    },
  });
  const stopped = source.read(0, new Uint8Array(10), stop.signal);
  const other = readsRight(source, 5, 10);
  stop.abort();
  await assert.rejects(stopped, { name: "AbortError" });
  await other;
  await readsRight(source, 0, 10);
});

test("cacheSpans() refuses what lies behind the end", async () => {
  await assert.rejects(
    cacheSpans(counted()).read(BYTES.length - 1, new Uint8Array(2)),
    (error) => isStateDictError(error) && error.code === "truncated",
  );
});
