import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { startXxHash32, xxHash32 } from "../../src/compression/lz4/xxhash32.ts";
import { crc64Check } from "../../src/compression/xz/crc64.ts";
import { portableSha256, sha256 } from "../../src/compression/xz/sha256.ts";
import { adler32 } from "../../src/compression/zlib.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Bytes without a pattern that a table could miss. */
const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);

test("adler32() gives what zlib gives", () => {
  // Python: zlib.adler32.
  const counting = Uint8Array.from({ length: 25_600 }, (_, i) => i);
  const sums = [
    [new Uint8Array(0), 1],
    [ascii("Wikipedia"), 0x11e60398],
    [counting, 0x747fd0e0],
    [new Uint8Array(100_003).fill(255), 0xab183329],
  ] as const;
  for (const [bytes, sum] of sums) {
    assert.equal(adler32(bytes), sum);
    for (const step of [1, 63, 64, 1000]) {
      let running = 1;
      for (let at = 0; at < bytes.length; at += step) {
        running = adler32(bytes.subarray(at, at + step), running);
      }
      assert.equal(running, sum, `${bytes.length} bytes by ${step}`);
    }
  }
});

test("crc64Check() gives the check value of CRC-64/XZ", () => {
  // The catalogue of CRCs by Greg Cook: 995dc9bbdf1939fa for "123456789"; xz stores it lowest first.
  const check = crc64Check();
  check.update(ascii("123456789"));
  assert.equal(hex(check.digest()), "fa3919dfbbc95d99");
});

test("crc64Check() gives the same however its bytes come", () => {
  const whole = crc64Check();
  whole.update(BYTES);
  for (const step of [1, 3, 8, 333]) {
    const check = crc64Check();
    for (let at = 0; at < BYTES.length; at += step) check.update(BYTES.subarray(at, at + step));
    assert.deepEqual(check.digest(), whole.digest(), `by ${step}`);
  }
});

for (const [engine, start] of [["the runtime", sha256], ["its rules", portableSha256]] as const) {
  test(`sha256() by ${engine} gives the digests of FIPS 180-4's examples`, () => {
    const digests = [
      ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
      ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
      [
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      ],
      ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
    ] as const;
    for (const [message, digest] of digests) {
      const hash = start();
      hash.update(ascii(message));
      assert.equal(hex(hash.digest()), digest);
    }
  });

  test(`sha256() by ${engine} takes messages of every length in pieces`, () => {
    for (let length = 0; length < 200; length++) {
      const message = BYTES.subarray(0, length);
      const hash = start();
      for (let at = 0; at < length; at += 17) hash.update(message.subarray(at, at + 17));
      const digest = createHash("sha256").update(message).digest("hex");
      assert.equal(hex(hash.digest()), digest, `${length} bytes`);
    }
  });
}

test("xxHash32() gives the hashes of the reference implementation", () => {
  // xxhsum 0.8 -H32, seed 0.
  const hashes = [
    ["", 0x02cc5d05],
    ["a", 0x550d7456],
    ["abc", 0x32d153ff],
    ["Nobody inspects the spammish repetition", 0xe2293b2f],
  ] as const;
  for (const [text, hash] of hashes) assert.equal(xxHash32(ascii(text)), hash, text);
});

test("startXxHash32() gives the same however its bytes come", () => {
  for (const step of [1, 5, 16, 17, 999]) {
    const hash = startXxHash32();
    for (let at = 0; at < BYTES.length; at += step) hash.update(BYTES.subarray(at, at + step));
    assert.equal(hash.digest(), xxHash32(BYTES), `by ${step}`);
  }
});
