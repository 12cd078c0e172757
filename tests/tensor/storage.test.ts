import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteSource } from "../../src/io/source.ts";
import { bytesSource } from "../../src/io/source.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { loadStorage, Storage, storageReader } from "../../src/tensor/storage.ts";

/** A source of the bytes 0, 1, 2 … that has no memory to lend and counts its reads. */
function slowSource(size: number): ByteSource & { reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    size,
    name: "slow",
    reads,
    async read(offset, target, signal) {
      reads.push([offset, target.length]);
      await new Promise((done) => setTimeout(done, 1));
      signal?.throwIfAborted();
      for (let i = 0; i < target.length; i++) target[i] = (offset + i) & 255;
    },
    close: () => Promise.resolve(),
  };
}

test("loadStorage() reads once, however many ask", async () => {
  const source = slowSource(100);
  const storage = new Storage({ id: "0", nbytes: 8, source, offset: 40 });
  const loads = await Promise.all([1, 2, 3].map(() => loadStorage(storage)));
  assert.deepEqual(source.reads, [[40, 8]]);
  assert.deepEqual(Array.from(loads[0]!), [40, 41, 42, 43, 44, 45, 46, 47]);
  assert.equal(loads[0], loads[2]);
  assert.equal(await loadStorage(storage), loads[0]);
  assert.equal(loads[0]!.buffer.byteLength, 8);
});

test("loadStorage() locates the bytes only when they are needed", async () => {
  let located = 0;
  const source = bytesSource(Uint8Array.from([0, 1, 2, 3]));
  const locate = () => {
    located++;
    return Promise.resolve({ source, offset: 2 });
  };
  const storage = new Storage({ id: "0", nbytes: 2, locate });
  assert.equal(located, 0);
  assert.deepEqual(Array.from(await loadStorage(storage)), [2, 3]);
  await (await storageReader(storage)).read(0, new Uint8Array(1));
  assert.equal(located, 1);
});

test("loadStorage() lends memory that is there, but swaps a copy", async () => {
  const memory = Uint8Array.from([1, 2, 3, 4]);
  const little = new Storage({ id: "0", nbytes: 4, source: bytesSource(memory) });
  assert.equal((await loadStorage(little)).buffer, memory.buffer);
  const big = new Storage({
    id: "1",
    nbytes: 4,
    source: bytesSource(memory),
    byteOrder: "big",
    word: 2,
  });
  assert.deepEqual(Array.from(await loadStorage(big)), [2, 1, 4, 3]);
  assert.deepEqual(Array.from(memory), [1, 2, 3, 4]);
});

test("loadStorage() goes on for one caller when another gives up", async () => {
  const source = slowSource(10);
  const storage = new Storage({ id: "0", nbytes: 4, source });
  const stop = new AbortController();
  const first = loadStorage(storage, stop.signal);
  const second = loadStorage(storage);
  stop.abort();
  await assert.rejects(first, { name: "AbortError" });
  assert.deepEqual(Array.from(await second), [0, 1, 2, 3]);
});

test("loadStorage() refuses what the source doesn't have", async () => {
  const storage = new Storage({ id: "0", nbytes: 2 ** 40, source: slowSource(10) });
  await assert.rejects(loadStorage(storage), { code: "truncated" });
  await assert.rejects(loadStorage(new Storage({ id: "1", nbytes: 4 })), { code: "unsupported" });
});

test("loadStorage() names chunks() where memory doesn't reach", async () => {
  const storage = new Storage({ id: "7", nbytes: 2 ** 45, source: slowSource(2 ** 46) });
  await assert.rejects(loadStorage(storage), (error: Error & { hint?: string; code?: string }) => {
    assert.equal(error.code, "limit");
    assert.match(error.message, /^Storage 7 has 35184372088832 bytes/);
    assert.match(error.hint!, /chunks\(\)/);
    return true;
  });
});

test("storageReader() swaps parts that begin and end inside a word", async () => {
  const storage = new Storage({
    id: "0",
    nbytes: 16,
    source: slowSource(100),
    offset: 16,
    byteOrder: "big",
    word: 4,
  });
  const whole = Array.from(await loadStorage(storage));
  storage.bytes = null;
  const reader = await storageReader(storage);
  assert.equal(reader.view, null);
  for (let start = 0; start < 16; start++) {
    const target = new Uint8Array(16 - start);
    await reader.read(start, target);
    assert.deepEqual(Array.from(target), whole.slice(start));
  }
});

test("Storage() refuses sizes that can't be", () => {
  assert.throws(() => new Storage({ id: "0", nbytes: -1 }), { code: "corrupt" });
  assert.throws(() => new Storage({ id: "0", nbytes: 1.5 }), { code: "corrupt" });
  assert.throws(() => new Storage({ id: "0", nbytes: 2 ** 60 }), { code: "corrupt" });
  assert.throws(() => new Storage({ id: "0", nbytes: 3, bytes: new Uint8Array(2) }), {
    code: "corrupt",
  });
  assert.equal(bytesStorage(new Uint8Array(3)).nbytes, 3);
});
