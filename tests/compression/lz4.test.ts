import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackAll } from "../../src/compression/codecs.ts";
import { decodeLz4Block, LZ4_SPARE } from "../../src/compression/lz4/block.ts";
import { xxHash32 } from "../../src/compression/lz4/xxhash32.ts";
import { bytesSource } from "../../src/io/source.ts";
import { codecOf, fromHex, packedStream } from "./packed_streams.ts";

const TEXT = packedStream("lz4 text");

const unpackBytes = (bytes: Uint8Array<ArrayBuffer>) =>
  unpackAll(codecOf(TEXT), bytesSource(bytes), 0);

/** A frame with this descriptor, whose checksum is right, and these blocks. */
function frame(descriptor: string, rest: string): Uint8Array<ArrayBuffer> {
  const bytes = fromHex(descriptor);
  const check = xxHash32(bytes) >>> 8 & 255;
  return new Uint8Array([...fromHex("04224d18"), ...bytes, check, ...fromHex(rest)]);
}

/** Stored block "abc" and the end mark. */
const ABC = "03000080 616263 00000000";

test("decodeLz4() reads a frame as the format describes it", async () => {
  // Independent, linked, and with checksums of blocks, by the LZ4 frame format 1.6.2.
  for (const descriptor of ["6040", "4070", "7050"]) {
    const hasChecksum = Number.parseInt(descriptor, 16) & 0x1000;
    const blocks = hasChecksum ? ABC.replace("616263", "616263 ff53d132") : ABC;
    const { bytes } = await unpackBytes(frame(descriptor, blocks));
    assert.equal(new TextDecoder().decode(bytes), "abc", descriptor);
  }
  // xxHash32 of "abc" is 32d153ff, as the reference implementation has it.
  await unpackBytes(frame("6440", `${ABC} ff53d132`));
  await unpackBytes(frame("6840 0300000000000000", ABC));
});

test("decodeLz4() refuses headers that the format doesn't have", async () => {
  const refused = [
    ["2040", "isn't of version 1"],
    ["a040", "isn't of version 1"],
    ["6240", "sets reserved flags"],
    ["6041", "sets reserved flags"],
    ["60c0", "sets reserved flags"],
    ["6030", "has blocks of the kind 3, not 4 to 7"],
  ] as const;
  for (const [descriptor, what] of refused) {
    await assert.rejects(unpackBytes(frame(descriptor, ABC)), {
      code: "corrupt",
      message: `The LZ4 frame ${what}`,
    });
  }
  const wrong = frame("6040", ABC);
  wrong[6]! ^= 1;
  await assert.rejects(unpackBytes(wrong), {
    code: "corrupt",
    message: "The LZ4 frame has a header whose checksum is wrong",
  });
  await assert.rejects(unpackBytes(fromHex("05224d18")), {
    code: "corrupt",
    message: "The LZ4 frame doesn't begin with its magic number",
  });
  await assert.rejects(unpackBytes(frame("6140 01020304", ABC)), {
    code: "unsupported",
    message: "The LZ4 frame needs a preset dictionary",
  });
});

test("decodeLz4() checks blocks, contents and sizes", async () => {
  const refused = [
    ["7040", ABC.replace("616263", "616263 ff53d133"), "has a block whose checksum is wrong"],
    ["6440", `${ABC} fe53d132`, "doesn't match its checksum"],
    ["6840 0400000000000000", ABC, "should become 4 bytes, but becomes 3"],
    ["6040", "01000180", "has a block of 65537 bytes, but 65536 are the most"],
    ["6040", "01000100", "has a block of 65537 bytes, but 65536 are the most"],
    ["6040", "03000000 616263 00000000", "has a damaged block"],
  ] as const;
  for (const [descriptor, blocks, what] of refused) {
    await assert.rejects(unpackBytes(frame(descriptor, blocks)), {
      code: "corrupt",
      message: `The LZ4 frame ${what}`,
    });
  }
});

test("decodeLz4() lets only linked blocks refer to others", async () => {
  // "abc", then a block of a match of 4 from 3 back and the literals "defgh".
  const blocks = "03000080 616263 09000000 00 0300 50 6465666768 00000000";
  const { bytes } = await unpackBytes(frame("4040", blocks));
  assert.equal(new TextDecoder().decode(bytes), "abcabcadefgh");
  await assert.rejects(unpackBytes(frame("6040", blocks)), { code: "corrupt", offset: 14 });
});

test("decodeLz4() passes over frames that are to be skipped, and leaves other bytes", async () => {
  const abc = frame("6040", ABC);
  const behind = [
    ["502a4d18 02000000 ffff", 10],
    ["5f2a4d18 00000000", 8],
    ["04224d", 0],
    ["602a4d18 00000000", 0],
    ["00000000", 0],
  ] as const;
  for (const [hex, skipped] of behind) {
    const { bytes, end } = await unpackBytes(new Uint8Array([...abc, ...fromHex(hex)]));
    assert.equal(bytes.length, 3, hex);
    assert.equal(end, abc.length + skipped, hex);
  }
  const cut = new Uint8Array([...abc, ...fromHex("502a4d18 03000000 ffff")]);
  await assert.rejects(unpackBytes(cut), { code: "truncated" });
});

/** Unpacks one block behind `before`, into as much room as there is. */
function block(hex: string, before = "", room = 100): string | undefined {
  const history = new TextEncoder().encode(before);
  const out = new Uint8Array(history.length + room + LZ4_SPARE);
  out.set(history);
  const end = decodeLz4Block(fromHex(hex), out, history.length, history.length + room, 0);
  return end < 0 ? undefined : new TextDecoder().decode(out.subarray(history.length, end));
}

test("decodeLz4Block() unpacks literals and matches", () => {
  // By the block format: token, literals, offset; 4 is added to a match's length.
  assert.equal(block("00"), "");
  assert.equal(block("30 616263"), "abc");
  assert.equal(block("13 61 0100 50 6263646566"), "aaaaaaaabcdef");
  assert.equal(block("24 6162 0200 10 63"), "ababababab" + "c");
  assert.equal(block("00 0400 10 21", "wxyz"), "wxyz!");
  // Lengths of 15 and more go on in bytes, 255 and more.
  assert.equal(block(`f0 05 ${"61".repeat(20)}`), "a".repeat(20));
  assert.equal(block("1f 61 0100 0a 10 62", "", 40), "a".repeat(30) + "b");
  assert.equal(block("1f 61 0100 ff00 10 62", "", 300), "a".repeat(275) + "b");
  assert.equal(block(`f0 ff00 ${"61".repeat(270)}`, "", 270), "a".repeat(270));
});

test("decodeLz4Block() repeats what is near for every distance", () => {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ";
  for (let distance = 1; distance <= letters.length; distance++) {
    for (const length of [4, 7, 8, 9, 18]) {
      const hex = `0${(length - 4).toString(16)} ${distance.toString(16).padStart(2, "0")}00 10 2e`;
      const from = letters.slice(-distance);
      const expected = from.repeat(18).slice(0, length) + ".";
      assert.equal(block(hex, letters), expected, `${length} from ${distance}`);
    }
    const far = `0f ${distance.toString(16).padStart(2, "0")}00 30 10 2e`;
    assert.equal(block(far, letters), letters.slice(-distance).repeat(67).slice(0, 67) + ".");
  }
});

test("decodeLz4Block() refuses what breaks its rules", () => {
  const refused = [
    ["", "no token"],
    ["30 6162", "literals that aren't there"],
    ["f0", "a length that isn't there"],
    ["f0 ff", "a length that doesn't end"],
    ["10 61 01", "half an offset"],
    ["1f 61 0100", "a match length that isn't there"],
    ["10 61 0000 10 62", "a match with itself"],
    ["10 61 0200 10 62", "a match from before the start"],
    ["10 61 0100", "a match at the end"],
  ] as const;
  for (const [hex, why] of refused) assert.equal(block(hex), undefined, why);
  assert.equal(block("30 616263", "", 2), undefined);
  assert.equal(block("10 61 0100 10 62", "", 4), undefined);
  assert.equal(block("10 61 0100 10 62", "", 6), "aaaaab");
});
