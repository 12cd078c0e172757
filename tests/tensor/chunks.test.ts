import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteSource } from "../../src/io/source.ts";
import { bytesSource } from "../../src/io/source.ts";
import { swapWords } from "../../src/tensor/byte_order.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { Storage } from "../../src/tensor/storage.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { bytesOf, collect, digest, mix, type } from "./patterns.ts";
import { TORCH_VIEWS } from "./views.ts";

/** Bytes that can only be read, as those of a file; counts what is. */
function fileLike(bytes: Uint8Array<ArrayBuffer>): ByteSource & { bytesRead: number } {
  const source = {
    size: bytes.length,
    name: "file",
    bytesRead: 0,
    read(offset: number, target: Uint8Array): Promise<void> {
      source.bytesRead += target.length;
      target.set(bytes.subarray(offset, offset + target.length));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return source;
}

const MEMORY = bytesOf(mix(5040));
const BIG = MEMORY.slice();
swapWords(BIG, 4);

/** The same storage in each of the ways that one can lie. */
const WAYS: readonly [name: string, make: () => Storage][] = [
  ["loaded", () => bytesStorage(MEMORY)],
  [
    "in a source's memory",
    () => new Storage({ id: "0", nbytes: 20160, source: bytesSource(MEMORY) }),
  ],
  ["in a file", () => new Storage({ id: "0", nbytes: 20160, source: fileLike(MEMORY) })],
  [
    "big-endian in a file",
    () => new Storage({ id: "0", nbytes: 20160, source: fileLike(BIG), byteOrder: "big", word: 4 }),
  ],
  [
    "big-endian in a source's memory",
    () =>
      new Storage({ id: "0", nbytes: 20160, source: bytesSource(BIG), byteOrder: "big", word: 4 }),
  ],
];

for (const [way, make] of WAYS) {
  test(`chunks() yields every view of a storage ${way}`, async () => {
    for (const { name, shape, stride, offset, sha256 } of TORCH_VIEWS) {
      const tensor = new Tensor({ dtype: type("int32"), shape, stride, offset, storage: make() });
      for (const blockBytes of [1, 10, 4096, 1 << 20]) {
        assert.equal(digest(await collect(tensor.chunks({ blockBytes }))), sha256, name);
      }
    }
  });
}

test("chunks() yields whole elements in blocks of the size asked for", async () => {
  const storage = new Storage({ id: "0", nbytes: 20160, source: fileLike(MEMORY) });
  const tensor = new Tensor({ dtype: type("int32"), shape: [5040], storage });
  const sizes: number[] = [];
  for await (const block of tensor.chunks({ blockBytes: 4099 })) sizes.push(block.length);
  assert.deepEqual(sizes, [4096, 4096, 4096, 4096, 3776]);
});

test("chunks() reads no more of a contiguous tensor than its own bytes", async () => {
  const source = fileLike(MEMORY);
  const storage = new Storage({ id: "0", nbytes: 20160, source });
  const tensor = new Tensor({ dtype: type("int32"), shape: [10], offset: 100, storage });
  assert.deepEqual(await collect(tensor.chunks()), MEMORY.slice(400, 440));
  assert.equal(source.bytesRead, 40);
  assert.equal(storage.bytes, null);
});

test("chunks() lends memory instead of copying it", async () => {
  const storage = new Storage({ id: "0", nbytes: 20160, source: bytesSource(MEMORY) });
  const tensor = new Tensor({ dtype: type("int32"), shape: [5040], storage });
  for await (const block of tensor.chunks()) assert.equal(block.buffer, MEMORY.buffer);
});

test("chunks() applies lazy signs without touching what it reads", async () => {
  const values = new Float32Array([1, 2, 3, 4]);
  const storage = new Storage({ id: "0", nbytes: 16, source: bytesSource(bytesOf(values)) });
  const tensor = new Tensor({ dtype: type("complex64"), shape: [2], storage });
  tensor.conj = true;
  const { buffer } = await collect(tensor.chunks());
  assert.deepEqual(Array.from(new Float32Array(buffer)), [1, -2, 3, -4]);
  assert.deepEqual(Array.from(values), [1, 2, 3, 4]);
});

test("chunks() refuses a giant of four bytes unless it is allowed", async () => {
  // giant_expand.pt of the corpus: torch loads it, nothing can hold it.
  const tensor = new Tensor({
    dtype: type("float32"),
    shape: [2 ** 40],
    stride: [0],
    storage: bytesStorage(new Uint8Array(4)),
  });
  await assert.rejects(tensor.chunks().next(), { code: "limit" });
  const first = await tensor.chunks({ maxElements: 2 ** 40 }).next();
  assert.equal((first.value as Uint8Array).length, 1 << 20);
});

test("a block of chunks() stays as it is if its reader stops there", async () => {
  const filled = (value: number, nbytes: number) => {
    const source = fileLike(new Uint8Array(nbytes).fill(value));
    const storage = new Storage({ id: "0", nbytes, source });
    return new Tensor({ dtype: type("uint8"), shape: [nbytes], storage });
  };
  const kept: Uint8Array[] = [];
  for await (const block of filled(1, 2 ** 22).chunks()) {
    kept.push(block);
    break;
  }
  for await (const block of filled(1, 2 ** 20).chunks()) kept.push(block); // the only one
  for await (const block of filled(2, 2 ** 22).chunks()) assert.equal(block[0], 2);
  for (const block of kept) assert.ok(block.length > 0 && block.every((byte) => byte === 1));
});

test("chunks() stops when it is told to", async () => {
  const storage = new Storage({ id: "0", nbytes: 20160, source: fileLike(MEMORY) });
  const tensor = new Tensor({ dtype: type("int32"), shape: [5040], storage });
  const stop = new AbortController();
  const blocks = tensor.chunks({ blockBytes: 64, signal: stop.signal });
  await blocks.next();
  stop.abort();
  await assert.rejects(blocks.next(), { code: "aborted" });
});

test("chunks() has nothing to say of an empty tensor", async () => {
  const storage = new Storage({ id: "0", nbytes: 0 });
  const tensor = new Tensor({ dtype: type("int32"), shape: [0, 2 ** 62], storage });
  assert.equal((await collect(tensor.chunks())).length, 0);
});
