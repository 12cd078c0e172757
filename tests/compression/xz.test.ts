import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackAll } from "../../src/compression/codecs.ts";
import { numberBytes, readNumber } from "../../src/compression/xz/numbers.ts";
import { crc32 } from "../../src/io/crc32.ts";
import { bytesSource } from "../../src/io/source.ts";
import { codecOf, fromBase64, fromHex, packedStream } from "./packed_streams.ts";

const TEXT = packedStream("xz text");

const unpackBytes = (bytes: Uint8Array<ArrayBuffer>) =>
  unpackAll(codecOf(TEXT), bytesSource(bytes), 0);

/** Where the parts of the stream lie: 12 bytes of header, one block, the index, 12 of footer. */
const BLOCK = 12;
const FOOTER = TEXT.packed.length - 12;
const INDEX = FOOTER - 4 * (TEXT.packed[FOOTER + 4]! + 1);

/** The stream with a byte replaced, and the CRC-32 of the part that it is in made right again. */
function changed(at: number, byte: number, from?: number, to?: number): Uint8Array<ArrayBuffer> {
  const packed = TEXT.packed.slice();
  packed[at] = byte;
  if (from === undefined || to === undefined) return packed;
  const crcAt = from > INDEX ? FOOTER : to;
  new DataView(packed.buffer).setUint32(crcAt, crc32(packed.subarray(from, to)), true);
  return packed;
}

/** What each change must be called. */
async function assertCorrupt(bytes: Uint8Array<ArrayBuffer>, message: string): Promise<void> {
  await assert.rejects(unpackBytes(bytes), { code: "corrupt", message, path: "bytes" });
}

test("decodeXz() checks a stream's header and footer", async () => {
  const packed = TEXT.packed;
  await assertCorrupt(changed(5, 1), "The xz stream doesn't begin with its magic number");
  await assertCorrupt(changed(7, 1), "The xz stream has a header whose CRC-32 is wrong");
  await assertCorrupt(changed(6, 1, 6, 8), "The xz stream sets reserved flags");
  await assertCorrupt(changed(7, 0x14, 6, 8), "The xz stream sets reserved flags");
  await assert.rejects(unpackBytes(changed(7, 2, 6, 8)), {
    code: "unsupported",
    message: "The xz stream has a check of the kind 2",
  });
  await assertCorrupt(changed(FOOTER + 11, 0), "The xz stream doesn't end with its magic number");
  await assertCorrupt(changed(FOOTER + 4, 9), "The xz stream has a footer whose CRC-32 is wrong");
  await assertCorrupt(
    changed(FOOTER + 9, 1, FOOTER + 4, FOOTER + 10),
    "The xz stream has another check in its footer than in its header",
  );
  await assertCorrupt(
    changed(FOOTER + 4, packed[FOOTER + 4]! + 1, FOOTER + 4, FOOTER + 10),
    "The xz stream has a footer that doesn't fit its index",
  );
});

test("decodeXz() checks a block's header", async () => {
  const end = BLOCK + 4 * (TEXT.packed[BLOCK]! + 1) - 4;
  const header = (at: number, byte: number) => changed(BLOCK + at, byte, BLOCK, end);
  await assertCorrupt(changed(BLOCK + 2, 3), "The xz block has a header whose CRC-32 is wrong");
  await assertCorrupt(header(1, 4), "The xz block sets reserved flags");
  // A dictionary size that doesn't exist; a property that is missing; bytes that belong to nothing.
  await assertCorrupt(header(4, 41), "The xz block has filters that make no sense");
  await assertCorrupt(header(3, 0), "The xz block has a header that isn't as long as it says");
  await assertCorrupt(header(3, 200), "The xz block has a header that isn't as long as it says");
  await assertCorrupt(header(7, 1), "The xz block has a header that isn't as long as it says");
  // Delta as the only filter unpacks nothing.
  await assertCorrupt(header(2, 3), "The xz block has filters that make no sense");
  await assert.rejects(unpackBytes(header(2, 0x30)), {
    code: "unsupported",
    message: "The xz block went through filter 48",
    offset: BLOCK,
  });
});

test("decodeXz() checks a block's sizes, padding and check", async () => {
  const blocks = packedStream("xz blocks");
  // Both sizes stand behind size and flags in the header, as numbers of two and three bytes.
  const header = blocks.packed.subarray(BLOCK, BLOCK + 4 * (blocks.packed[BLOCK]! + 1));
  assert.equal(header[1], 0xc0);
  for (const at of [2, 4]) {
    const packed = blocks.packed.slice();
    packed[BLOCK + at]! ^= 1;
    const fields = packed.subarray(BLOCK, BLOCK + header.length - 4);
    new DataView(packed.buffer).setUint32(BLOCK + header.length - 4, crc32(fields), true);
    await assert.rejects(unpackBytes(packed), {
      code: "corrupt",
      message: /^The xz block should have \d+ bytes, but has \d+$/,
    });
  }
  await assertCorrupt(
    changed(INDEX - 1, TEXT.packed[INDEX - 1]! ^ 1),
    "The xz block doesn't match its check",
  );
  await assertCorrupt(
    changed(INDEX - 9, 1),
    "The xz block is padded with other bytes than zeros",
  );
});

test("decodeXz() checks the index", async () => {
  const end = FOOTER - 4;
  await assertCorrupt(changed(end, 1), "The index of the xz stream has a wrong CRC-32");
  await assertCorrupt(
    changed(INDEX + 1, 2, INDEX, end),
    "The index of the xz stream doesn't list its 1 blocks",
  );
  await assertCorrupt(
    changed(INDEX + 2, TEXT.packed[INDEX + 2]! ^ 1, INDEX, end),
    "The index of the xz stream lists other sizes than the blocks have",
  );
});

test("decodeXz() names the filters that it doesn't undo", async () => {
  // Python: lzma.compress(b"hello", filters=[{"id": FILTER_X86}, {"id": FILTER_LZMA2}]), and ARM.
  const x86 =
    "/Td6WFoAAATm1rRGAgEEACEBFgANhjUfAQAEaGVsbG8AAAAAsTe52+XaHpsAAR0FuC2Arx+2830BAAAAAARZWg==";
  const arm =
    "/Td6WFoAAATm1rRGAgEHACEBFgCj9KGZAQAEaGVsbG8AAAAAsTe52+XaHpsAAR0FuC2Arx+2830BAAAAAARZWg==";
  for (const [stream, name] of [[x86, "x86"], [arm, "ARM"]] as const) {
    await assert.rejects(unpackBytes(fromBase64(stream)), {
      code: "unsupported",
      message: `The xz block went through the filter for ${name} code`,
      hint: "unpack it with xz and open what comes out",
    });
  }
});

test("decodeXz() takes zeros by fours for padding and leaves the rest", async () => {
  const { packed } = TEXT;
  const behind = [
    ["", 0],
    ["00000000", 4],
    ["0000000000000000", 8],
    ["0000", 0],
    ["fd377a585a", 0],
    ["00000000 ff", 0],
    ["00 fd377a585a00", 0],
  ] as const;
  for (const [hex, padding] of behind) {
    const { bytes, end } = await unpackBytes(new Uint8Array([...packed, ...fromHex(hex)]));
    assert.equal(bytes.length, TEXT.size, hex);
    assert.equal(end, packed.length + padding, hex);
  }
  const second = new Uint8Array([...packed, ...fromHex("00000000 fd377a585a00 0004")]);
  await assert.rejects(unpackBytes(second), { code: "truncated" });
});

test("readNumber() reads what the specification's example writes", () => {
  // xz-file-format 1.2.1, section 1.2: seven bits a byte, lowest first.
  const numbers = [[0, "00"], [127, "7f"], [128, "8001"], [300, "ac02"], [2 ** 35, "808080808001"]];
  for (const [number, hex] of numbers as [number, string][]) {
    assert.deepEqual(readNumber(fromHex(hex), 0), [number, hex.length / 2]);
    assert.deepEqual(numberBytes(number), fromHex(hex));
  }
  assert.deepEqual(readNumber(fromHex("ff7f05"), 2), [5, 3]);
});

test("readNumber() takes neither longer forms nor what doesn't end", () => {
  for (const hex of ["", "80", "8000", "ffffffffffffffffff01", "808080808080808080"]) {
    assert.equal(readNumber(fromHex(hex), 0), undefined, hex);
  }
});
