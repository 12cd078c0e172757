import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { sniffCodec, unpack, unpackAll } from "../../src/compression/codecs.ts";
import { isStateDictError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/source.ts";
import { countingSource } from "../support/counting_source.ts";
import { codecOf, drip, packedStreams, sha256 } from "./packed_streams.ts";

const STREAMS = packedStreams();

/** Streams short enough to be cut or bent at every byte, and what becomes of them. */
const SHORT = STREAMS.filter(({ packed, size }) => packed.length < 500 && size < 10_000);

/** The most that one piece of any codec may be: a block of LZ4 is the largest. */
const LARGEST_PIECE = 2 ** 22;

test("unpackAll() gives what each codec's own library packed", { timeout: 60_000 }, async () => {
  assert.equal(STREAMS.length, 85);
  for (const stream of STREAMS) {
    const { bytes, end } = await unpackAll(codecOf(stream), bytesSource(stream.packed), 0);
    assert.equal(bytes.length, stream.size, stream.name);
    assert.equal(sha256(bytes), stream.sha256, stream.name);
    assert.equal(end, stream.packed.length, stream.name);
  }
});

test("sniffCodec() knows every stream by its first bytes", () => {
  // joblib takes only LZMA of the usual properties for that.
  for (const stream of STREAMS.filter(({ name }) => !name.startsWith("lzma lc"))) {
    assert.equal(sniffCodec(stream.packed.subarray(0, 16)), codecOf(stream), stream.name);
  }
});

test("unpack() begins and ends where the stream does", async () => {
  for (const stream of SHORT) {
    const bytes = new Uint8Array(stream.packed.length + 12).fill(0xa5);
    bytes.set(stream.packed, 5);
    const { bytes: plain, end } = await unpackAll(codecOf(stream), bytesSource(bytes), 5);
    assert.equal(sha256(plain), stream.sha256, stream.name);
    assert.equal(end, 5 + stream.packed.length, stream.name);
  }
});

test("decoders take their input however it is cut", { timeout: 60_000 }, async () => {
  for (const stream of STREAMS) {
    for (const step of stream.packed.length < 1000 ? [1, 7] : [997]) {
      const hash = createHash("sha256");
      const input = drip(stream.packed, step);
      const decode = await codecOf(stream).load();
      for await (const piece of decode(input)) hash.update(piece);
      assert.equal(hash.digest("hex"), stream.sha256, `${stream.name} by ${step}`);
      assert.equal(input.position, stream.packed.length);
    }
  }
});

test("unpack() gives pieces of bounded size and reads little twice", {
  timeout: 60_000,
}, async () => {
  for (const stream of STREAMS.filter(({ size }) => size > 1_000_000)) {
    const source = countingSource(bytesSource(stream.packed));
    let largest = 0;
    for await (const piece of unpack(codecOf(stream), source, 0)) {
      largest = Math.max(largest, piece.length);
    }
    assert.ok(largest > 0 && largest <= LARGEST_PIECE, `${stream.name}: a piece of ${largest}`);
    // What LZMA has looked ahead for is read again: 21 bytes in 65,536 at most.
    const read = source.reads.reduce((sum, { length }) => sum + length, 0);
    assert.ok(read <= 2 * stream.packed.length, `${stream.name}: ${read} bytes read`);
  }
});

test("unpack() calls a stream that is cut anywhere truncated", { timeout: 60_000 }, async () => {
  for (const stream of SHORT.filter(({ whole }) => whole)) {
    for (let length = 0; length < stream.packed.length; length++) {
      const source = bytesSource(stream.packed.slice(0, length));
      await assert.rejects(
        unpackAll(codecOf(stream), source, 0),
        { code: "truncated", path: "bytes" },
        `${stream.name} cut to ${length}`,
      );
    }
  }
});

test("unpack() takes no bit that is wrong, where there is a checksum", {
  timeout: 60_000,
}, async () => {
  let refused = 0;
  for (const stream of SHORT) {
    for (let at = 0; at < stream.packed.length; at++) {
      const bytes = stream.packed.slice();
      bytes[at]! ^= 1 << at % 8;
      const plain = await unpackAll(codecOf(stream), bytesSource(bytes), 0)
        .then(({ bytes }) => bytes, (error) => {
          assert.ok(isStateDictError(error), `${stream.name} at ${at}: ${error}`);
          assert.match(error.code, /^(corrupt|truncated|unsupported|limit)$/);
          refused++;
        });
      if (plain && hasChecksum(stream.name) && stream.whole) {
        assert.equal(sha256(plain), stream.sha256, `${stream.name} at ${at}`);
      }
    }
  }
  assert.ok(refused > 3000, `${refused} refused`);
});

/** LZMA has no checksum, xz may have none, and LZ4 has the first bit of its number of checks. */
function hasChecksum(name: string): boolean {
  return name.startsWith("bz2") || name.startsWith("xz") && !name.endsWith("NONE") ||
    /^lz4 checks [1357]/.test(name);
}
