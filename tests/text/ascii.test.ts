import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiText } from "../../src/text/ascii.ts";

test("asciiText() has a character for every byte, and no ASCII one but NUL for others", () => {
  // From short to long, with every byte at each place in a word of four.
  for (const length of [0, 1, 257, 65_535, 65_536, 65_539, 200_001]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
    const text = asciiText(bytes);
    assert.equal(text.length, length);
    for (let i = 0; i < length; i++) {
      const [byte, code] = [bytes[i]!, text.charCodeAt(i)];
      if (byte < 0x80) assert.equal(code, byte, `${i} of ${length}`);
      else assert.ok(code === 0 || code > 0x7f, `${i} of ${length}`);
    }
  }
});

test("asciiText() takes a part of an array, and no byte order mark for one", () => {
  const bytes = new Uint8Array(70_001).fill(0x61);
  bytes.set([0xef, 0xbb, 0xbf], 1);
  assert.equal(asciiText(bytes.subarray(1)), `\0\0\0${"a".repeat(69_997)}`);
});
