import assert from "node:assert/strict";
import { test } from "node:test";
import { sniffCodec, unpackAll } from "../../src/compression/codecs.ts";
import { bytesSource } from "../../src/io/source.ts";
import { fromHex } from "./packed_streams.ts";

/** Python: `zlib.compress(b"hello hello hello")`. */
const ZLIB = fromHex("789ccb48cdc9c957c84090003a2e067d");

/** A container as joblib 0.9 wrote it: `hex(size)`, padded to 19 characters. */
function container(size: string, stream: Uint8Array = ZLIB): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...new TextEncoder().encode(`ZF${size}`), ...stream]);
}

const unpackBytes = (bytes: Uint8Array<ArrayBuffer>) =>
  unpackAll(sniffCodec(bytes)!, bytesSource(bytes), 0);

test("decodeZf() unpacks joblib's old container, also as Python 2 wrote it", async () => {
  for (const size of ["0x11".padEnd(19), "0x11".padEnd(20), "0x11L".padEnd(19)]) {
    const bytes = container(size);
    assert.deepEqual([sniffCodec(bytes)?.name, sniffCodec(bytes)?.container], ["zlib", "ZF"]);
    const { bytes: plain, end } = await unpackBytes(bytes);
    assert.equal(new TextDecoder().decode(plain), "hello hello hello");
    assert.equal(end, bytes.length);
  }
});

test("decodeZf() holds the data to the size that is stated", async () => {
  await assert.rejects(unpackBytes(container("0x10".padEnd(19))), {
    code: "corrupt",
    message: "The ZF data become more than the 16 bytes it states",
  });
  await assert.rejects(unpackBytes(container("0x12".padEnd(19))), {
    code: "corrupt",
    message: "The ZF header states 18 bytes, but the data are 17",
  });
});

test("decodeZf() refuses headers without a size, and streams that are cut", async () => {
  for (const size of ["17", "0x", "0x1g", "0xfffffffffffffffff", "-0x11", " 0x11"]) {
    await assert.rejects(unpackBytes(container(size.padEnd(19))), {
      code: "corrupt",
      message: "The ZF header states no size",
    }, size);
  }
  const whole = container("0x11".padEnd(19));
  for (let length = 2; length < whole.length; length++) {
    await assert.rejects(unpackBytes(whole.slice(0, length)), { code: "truncated" });
  }
});
