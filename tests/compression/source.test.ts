import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { keptBytes, unpackedSource } from "../../src/compression/source.ts";
import { PAGE, slidingPages } from "../../src/compression/pages.ts";
import type { Unpacker } from "../../src/compression/codecs.ts";
import { bytesSource } from "../../src/io/source.ts";
import type { ByteSource } from "../../src/io/source.ts";
import { countingSource } from "../support/counting_source.ts";
import { codecOf, packedStream } from "./packed_streams.ts";

/** Bytes that tell where they are: each run of four is its number. */
function numbered(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint32Array.from({ length: size / 4 }, (_, i) => i).buffer);
}

const PLAIN = numbered(8 * PAGE);
const PACKED = new Uint8Array(deflateSync(PLAIN, { level: 1 }));
const ZLIB = codecOf({ name: "zlib" });

/** zlib's code, and how often a stream has been begun. */
function countingCodec(): Unpacker & { begun: number } {
  const codec = {
    name: "zlib",
    begun: 0,
    load() {
      codec.begun++;
      return ZLIB.load();
    },
  };
  return codec;
}

async function assertReads(source: ByteSource, offset: number, length: number): Promise<void> {
  const target = new Uint8Array(length);
  await source.read(offset, target);
  const expected = PLAIN.subarray(offset, offset + length);
  assert.equal(Buffer.compare(target, expected), 0, `${length} bytes at ${offset}`);
}

test("unpackedSource() knows the plain size and where the stream ends", async () => {
  const behind = new Uint8Array([0xaa, 0xbb, ...PACKED, 1, 2, 3]);
  const source = await unpackedSource(ZLIB, bytesSource(behind, "m.joblib"), 2);
  assert.equal(source.size, PLAIN.length);
  assert.equal(source.packedEnd, behind.length - 3);
  assert.equal(source.name, "m.joblib");
  await assertReads(source, 0, PLAIN.length);
});

test("unpackedSource() unpacks what it can keep once", async () => {
  const codec = countingCodec();
  const packed = countingSource(bytesSource(PACKED));
  const source = await unpackedSource(codec, packed, 0);
  const reads = packed.reads.length;
  for (const offset of [5 * PAGE - 3, 0, PLAIN.length - 10, 3 * PAGE]) {
    await assertReads(source, offset, 10);
  }
  await assertReads(source, 1, PLAIN.length - 1);
  assert.equal(codec.begun, 1);
  assert.equal(packed.reads.length, reads);
});

test("unpackedSource() unpacks what it can't keep anew, but only for reads far back", async () => {
  const codec = countingCodec();
  const source = await unpackedSource(codec, bytesSource(PACKED), 0, { keep: 2 * PAGE });
  assert.equal(codec.begun, 1);
  // The end is kept from the first pass.
  await assertReads(source, PLAIN.length - 1000, 1000);
  assert.equal(codec.begun, 1);
  for (let offset = 0; offset < PLAIN.length; offset += 300_000) {
    await assertReads(source, offset, Math.min(300_000, PLAIN.length - offset));
    await assertReads(source, Math.max(0, offset - 500_000), 100);
  }
  assert.equal(codec.begun, 2);
  await assertReads(source, 0, PLAIN.length);
  await assertReads(source, 2 * PAGE, 5 * PAGE);
  assert.equal(codec.begun, 4);
});

test("unpackedSource() serves reads that are asked for at once", async () => {
  const source = await unpackedSource(ZLIB, bytesSource(PACKED), 0, { keep: 2 * PAGE });
  const offsets = [7 * PAGE, 0, 4 * PAGE, 12, 6 * PAGE + 1];
  await Promise.all(offsets.map((offset) => assertReads(source, offset, 100_000)));
});

test("unpackedSource() refuses ranges that aren't there", async () => {
  const source = await unpackedSource(ZLIB, bytesSource(PACKED), 0);
  await assert.rejects(source.read(PLAIN.length - 4, new Uint8Array(5)), {
    code: "truncated",
    message: `5 bytes are needed at ${PLAIN.length - 4}, but the data ends at ${PLAIN.length}`,
  });
  await source.read(PLAIN.length, new Uint8Array(0));
});

test("unpackedSource() fails at once where the stream is broken or too much", async () => {
  const cut = bytesSource(PACKED.slice(0, -1));
  await assert.rejects(unpackedSource(ZLIB, cut, 0), { code: "truncated" });
  const flipped = PACKED.slice();
  flipped[flipped.length - 1]! ^= 1;
  await assert.rejects(unpackedSource(ZLIB, bytesSource(flipped), 0), { code: "corrupt" });
  const limit = PLAIN.length - 1;
  await assert.rejects(unpackedSource(ZLIB, bytesSource(PACKED), 0, { limit }), { code: "limit" });
  const zeros = new Uint8Array(deflateSync(new Uint8Array(200_000_000)));
  await assert.rejects(unpackedSource(ZLIB, bytesSource(zeros), 0), { code: "limit" });
});

test("unpackedSource() takes a limit over to later passes", async () => {
  const { packed, size } = packedStream("bz2 zeros");
  const bomb = new Uint8Array(packed.length * 250);
  for (let at = 0; at < bomb.length; at += packed.length) bomb.set(packed, at);
  const limit = 250 * size;
  const source = await unpackedSource(codecOf({ name: "bz2" }), bytesSource(bomb), 0, {
    limit,
    keep: PAGE,
  });
  assert.equal(source.size, limit);
  const end = new Uint8Array(10).fill(1);
  await source.read(0, end);
  await source.read(limit - 10, end);
  assert.deepEqual(end, new Uint8Array(10));
});

test("unpackedSource() stops by its signals and goes on for others", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(unpackedSource(ZLIB, bytesSource(PACKED), 0, { signal }), {
    code: "aborted",
  });
  const source = await unpackedSource(ZLIB, bytesSource(PACKED), 0, { keep: 2 * PAGE });
  await assert.rejects(source.read(0, new Uint8Array(10), signal), { code: "aborted" });
  await assertReads(source, 0, 10);
});

test("unpackedSource() says so when the file becomes another one", async () => {
  const changing = PACKED.slice();
  const source = await unpackedSource(ZLIB, bytesSource(changing), 0, { keep: 2 * PAGE });
  changing.set(new Uint8Array(deflateSync(numbered(4 * PAGE), { level: 0 })).subarray(0, 100_000));
  await assert.rejects(
    source.read(0, new Uint8Array(6 * PAGE)),
    (error: { code: string }) => ["io", "corrupt", "truncated", "limit"].includes(error.code),
  );
});

test("unpackedSource() closes the packed source", async () => {
  const packed = countingSource(bytesSource(PACKED));
  const source = await unpackedSource(ZLIB, packed, 0);
  assert.equal(packed.closed, false);
  await source.close();
  await source.close();
  assert.equal(packed.closed, true);
});

test("keptBytes() is little for small streams and bounded for large ones", () => {
  assert.equal(keptBytes(1000), 67_108_864);
  assert.equal(keptBytes(50_000_000), 200_000_000);
  assert.equal(keptBytes(5_000_000_000), 536_870_912);
});

test("slidingPages() keeps the last bytes, a page more or less", () => {
  const pages = slidingPages(3 * PAGE);
  for (let at = 0; at < PLAIN.length;) at += pages.append(PLAIN.subarray(at, at + 700_001));
  assert.equal(pages.end, PLAIN.length);
  assert.equal(pages.start, PLAIN.length - 3 * PAGE);
  const target = new Uint8Array(2 * PAGE + 7);
  assert.equal(pages.copy(pages.start + 5, target), target.length);
  const expected = PLAIN.subarray(pages.start + 5).subarray(0, target.length);
  assert.equal(Buffer.compare(target, expected), 0);
  assert.equal(pages.copy(PLAIN.length - 4, new Uint8Array(100)), 4);
});
