import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackAll } from "../../src/compression/codecs.ts";
import { decodeLzma2, dictionarySize, lzma2Decoder } from "../../src/compression/lzma/lzma2.ts";
import {
  forgetHistory,
  lzmaWindow,
  makeRoom,
  takePiece,
} from "../../src/compression/lzma/window.ts";
import { packedInput } from "../../src/compression/packed_input.ts";
import { bytesSource } from "../../src/io/source.ts";
import { codecOf, fromHex, packedStream } from "./packed_streams.ts";

const TEXT = packedStream("lzma text");
const SIZED = packedStream("lzma with size only, text");

const unpackBytes = (bytes: Uint8Array<ArrayBuffer>) =>
  unpackAll(codecOf(TEXT), bytesSource(bytes), 0);

/** A stream with some bytes replaced. */
function changed({ packed }: { packed: Uint8Array<ArrayBuffer> }, at: number, ...bytes: number[]) {
  const copy = packed.slice();
  copy.set(bytes, at);
  return copy;
}

test("decodeLzma() refuses headers that make no sense", async () => {
  // 225 are the properties that exist; of those xz takes the ones with lc + lp up to 4.
  for (const properties of [225, 255, 4 + 9, 8]) {
    await assert.rejects(unpackBytes(changed(TEXT, 0, properties)), {
      code: "corrupt",
      message: `The LZMA header has properties ${properties}`,
    });
  }
  await assert.rejects(unpackBytes(changed(TEXT, 5, 0, 0, 0, 0, 0, 1, 0, 0)), {
    code: "corrupt",
    message: "The LZMA header states 1099511627776 bytes",
  });
  await assert.rejects(unpackBytes(changed(TEXT, 13, 1)), {
    code: "corrupt",
    message: "The LZMA data don't begin with a zero",
  });
});

test("decodeLzma() holds the data to the size of the header", async () => {
  const { size } = SIZED;
  const stated = (bytes: number) => [bytes & 255, bytes >> 8];
  await assert.rejects(unpackBytes(changed(SIZED, 5, ...stated(size - 1))), { code: "corrupt" });
  await assert.rejects(unpackBytes(changed(SIZED, 5, ...stated(size + 1))), { code: "truncated" });
  const marked = packedStream("lzma with size and marker");
  await assert.rejects(unpackBytes(changed(marked, 5, ...stated(size + 1))), {
    code: "corrupt",
    message: `The LZMA data end 1 bytes before their ${size + 1}`,
  });
  await assert.rejects(unpackBytes(changed(marked, 5, ...stated(0))), { code: "corrupt" });
});

test("decodeLzma() takes no match from before the start", async () => {
  // Python refuses it too: the first symbol made a match by ones in place of zeros.
  await assert.rejects(unpackBytes(changed(TEXT, 14, 0xff, 0xff, 0xff, 0xff)), {
    code: "corrupt",
    path: "bytes",
  });
});

test("decodeLzma() sets little memory aside, whatever the header says", async () => {
  const { bytes } = await unpackBytes(changed(TEXT, 1, 0, 0, 0, 0xff)); // a dictionary of 4 GB
  assert.equal(bytes.length, TEXT.size);
  assert.ok(lzmaWindow(2 ** 32 - 1).bytes.length <= 2 ** 18);
});

async function unpackLzma2(hex: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  const input = packedInput(bytesSource(fromHex(hex)), 0);
  for await (const piece of decodeLzma2(input, 4096, lzma2Decoder("hex"))) {
    pieces.push(piece.slice());
  }
  return Buffer.concat(pieces).toString();
}

test("decodeLzma2() gives stored chunks as they are", async () => {
  assert.equal(await unpackLzma2("00"), "");
  assert.equal(await unpackLzma2("01 0002 616263 02 0000 64 00"), "abcd");
  assert.equal(await unpackLzma2("01 0000 61 01 0000 62 00"), "ab");
});

test("decodeLzma2() refuses chunks that need what isn't there", async () => {
  const refused = [
    ["03", "is of kind 3"],
    ["7f", "is of kind 127"],
    ["02 0000 61 00", "wants a history that isn't there"],
    ["80 0000 0004 0000000000", "wants a history that isn't there"],
    ["01 0000 61 80 0000 0004 0000000000", "has no properties"],
    ["01 0000 61 a0 0000 0004 0000000000", "has no properties"],
    ["e0 0000 0004 ff 0000000000", "has properties 255"],
    ["e0 0000 0003 5d 00000000", "has only 4 bytes"],
  ] as const;
  for (const [hex, what] of refused) {
    await assert.rejects(unpackLzma2(hex), {
      code: "corrupt",
      message: `An LZMA2 chunk ${what}`,
    }, hex);
  }
  await assert.rejects(unpackLzma2("01 0002 6162"), { code: "truncated" });
  await assert.rejects(unpackLzma2("01 0000 61"), { code: "truncated" });
});

test("decodeLzma2() holds a chunk to both of its sizes", async () => {
  // Python: lzma.compress(bytes(100), FORMAT_RAW, filters=[{"id": FILTER_LZMA2, "preset": 6}]).
  const packed = "e0 0063 0006 5d 00006ea0457800 00";
  assert.equal(await unpackLzma2(packed), "\0".repeat(100));
  for (const wrong of ["e0 0062", "e0 0064", "e0 0000"]) {
    await assert.rejects(unpackLzma2(packed.replace("e0 0063", wrong)), { code: "corrupt" });
  }
  for (const wrong of ["0063 0005", "0063 0007"]) {
    await assert.rejects(unpackLzma2(`${packed.replace("0063 0006", wrong)} 00`), {
      code: "corrupt",
    });
  }
});

test("dictionarySize() knows the sizes of the xz specification", () => {
  // xz-file-format 1.2.1, section 5.3.1.
  const sizes = [[0, 4096], [1, 6144], [22, 2 ** 23], [39, 3 * 2 ** 30], [40, 2 ** 32 - 1]];
  for (const [property, size] of sizes) assert.equal(dictionarySize(property!), size);
  assert.equal(dictionarySize(41), undefined);
});

test("makeRoom() keeps the dictionary and no more than a quarter beside it", () => {
  const dictionary = 2 ** 22;
  const window = lzmaWindow(dictionary);
  let made = 0;
  while (made < 3 * dictionary) {
    makeRoom(window);
    window.bytes.fill(made >> 16, window.end, window.end += 2 ** 16);
    assert.equal(takePiece(window).length, 2 ** 16);
    made += 2 ** 16;
    assert.ok(window.bytes.length <= dictionary * 1.25 + 300_000, `${window.bytes.length} bytes`);
    assert.ok(window.end - window.start >= Math.min(made, dictionary));
    assert.equal(
      window.bytes[window.end - Math.min(made, dictionary)],
      made <= dictionary ? 0 : made - dictionary >> 16,
    );
  }
  window.end += 5;
  forgetHistory(window);
  assert.equal(window.start, window.end);
  assert.equal((window.end + window.phase) % 16, 0);
});
