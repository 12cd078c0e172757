import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { CODECS, sniffCodec, unpack, unpackAll } from "../../src/compression/codecs.ts";
import { bytesSource } from "../../src/io/source.ts";
import { countingSource } from "../support/counting_source.ts";

const codec = (name: string) => CODECS.find((each) => each.name === name)!;
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Python: `zlib.compress(b"hello hello hello")`. */
const ZLIB = "789ccb48cdc9c957c84090003a2e067d";

/** Python's GzipFile: "first ", with the file name model.pkl, and "second", without one. */
const FIRST = "1f8b08080000000002ff6d6f64656c2e706b6c004bcb2c2a2e510000fc7af11c06000000";
const SECOND = "1f8b08000000000002ff2b4e4dcecf4b010069111fb606000000";

test("sniffCodec() knows streams by their first bytes", () => {
  assert.equal(sniffCodec(hex(ZLIB))?.name, "zlib");
  assert.equal(sniffCodec(hex(SECOND))?.name, "gzip");
  assert.equal(sniffCodec(hex("80025d712e")), undefined);
  assert.equal(sniffCodec(new Uint8Array(0)), undefined);
});

test("unpackAll() unpacks a zlib stream and says where it ends", async () => {
  const source = bytesSource(hex("ffff" + ZLIB + "0000ff"));
  const { bytes, end } = await unpackAll(codec("zlib"), source, 2);
  assert.equal(text(bytes), "hello hello hello");
  assert.equal(end, 2 + ZLIB.length / 2);
});

test("unpackAll() checks a zlib stream's header and Adler-32", async () => {
  const bad = (bytes: string) => unpackAll(codec("zlib"), bytesSource(hex(bytes)), 0);
  await assert.rejects(bad(ZLIB.replace("067d", "067e")), {
    code: "corrupt",
    message: "The Adler-32 is 3a2e067d, but the stream says 3a2e067e",
    offset: 12,
  });
  await assert.rejects(bad("789d" + ZLIB.slice(4)), { code: "corrupt", offset: 0 });
  await assert.rejects(bad("799c" + ZLIB.slice(4)), { code: "corrupt" });
  await assert.rejects(bad("78bb" + ZLIB.slice(4)), { code: "unsupported" });
  await assert.rejects(bad(ZLIB.slice(0, -2)), { code: "truncated" });
});

test("unpackAll() reads the members of a gzip stream as one", async () => {
  for (
    const [stream, plain, behind] of [
      [FIRST, "first ", ""],
      [FIRST + SECOND, "first second", ""],
      [FIRST + "0000" + SECOND, "first second", ""],
      [FIRST + SECOND, "first second", "00000000"],
      [FIRST, "first ", "1f"],
      [FIRST, "first ", "001f8c"],
    ] as const
  ) {
    const source = bytesSource(hex(stream + behind));
    const { bytes, end } = await unpackAll(codec("gzip"), source, 0);
    assert.equal(text(bytes), plain);
    // What is behind is left, be it zeros: who asks can see it.
    assert.equal(end, behind.startsWith("0000") ? source.size : stream.length / 2, stream + behind);
  }
});

test("unpackAll() passes over every field of a gzip header", async () => {
  // Extra (2 bytes), name, comment and header CRC before the same data.
  const head = "1f8b081e0000000002ff" + "0200abcd" + "6100" + "6263" + "00" + "1234";
  const { bytes } = await unpackAll(codec("gzip"), bytesSource(hex(head + SECOND.slice(20))), 0);
  assert.equal(text(bytes), "second");
});

test("unpackAll() checks gzip headers, CRCs and lengths", async () => {
  const bad = (bytes: string) => unpackAll(codec("gzip"), bytesSource(hex(bytes)), 0);
  await assert.rejects(bad(SECOND.replace("69111fb6", "69111fb7")), {
    code: "corrupt",
    message: "The CRC-32 of a gzip member is wrong",
  });
  await assert.rejects(bad(SECOND.replace("06000000", "07000000")), { code: "corrupt" });
  await assert.rejects(bad(SECOND.replace("1f8b08", "1f8b09")), { code: "corrupt" });
  await assert.rejects(bad(SECOND.replace("1f8b0800", "1f8b0820")), { code: "corrupt" });
  await assert.rejects(bad(SECOND.slice(0, -2)), { code: "truncated" });
  await assert.rejects(bad(FIRST + SECOND.slice(0, 12)), { code: "truncated" });
  await assert.rejects(bad("1f8b080800000000" + "02ff" + "61".repeat(66_000)), { code: "limit" });
});

test("unpack() stops at its limit, before the rest is unpacked", async () => {
  const packed = new Uint8Array(deflateSync(new Uint8Array(200_000_000)));
  const source = countingSource(bytesSource(packed));
  let size = 0;
  const draining = (async () => {
    for await (const piece of unpack(codec("zlib"), source, 0)) size += piece.length;
  })();
  // 64 times the packed bytes and 64 MiB.
  const limit = 64 * packed.length + 67_108_864;
  await assert.rejects(draining, {
    code: "limit",
    message: `The zlib stream becomes more than ${limit} bytes`,
  });
  assert.ok(size <= limit, `${size} bytes`);
  await assert.rejects(unpackAll(codec("zlib"), source, 0, { limit: 16 }), { code: "limit" });
  const { bytes } = await unpackAll(codec("zlib"), bytesSource(hex(ZLIB)), 0, { limit: 17 });
  assert.equal(bytes.length, 17);
});

test("unpack() reads no further than it is told, and stops by its signal", async () => {
  const source = bytesSource(hex(ZLIB));
  const end = source.size - 1;
  await assert.rejects(unpackAll(codec("zlib"), source, 0, { end }), { code: "truncated" });
  const signal = AbortSignal.abort();
  await assert.rejects(unpackAll(codec("zlib"), source, 0, { signal }), { code: "aborted" });
});
