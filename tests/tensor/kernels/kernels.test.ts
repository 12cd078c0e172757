import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFloat } from "../../../src/tensor/float_encode.ts";
import { decodeTable, FLOAT_FORMATS } from "../../../src/tensor/float_format.ts";
import { decodeHalves, encodeHalves, floatStats } from "../../../src/tensor/kernels/kernels.ts";

const HALVES = ["bfloat16", "float16"] as const;

function bytesOf(words: Uint16Array | Uint32Array | Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(words.buffer as ArrayBuffer, words.byteOffset, words.byteLength);
}

test("decodeHalves() widens every code as the table does, and leaves what needs care", () => {
  for (const name of HALVES) {
    const { bits } = decodeTable(FLOAT_FORMATS.get(name)!);
    const infinite = name === "bfloat16" ? Infinity : 0x7c00;
    for (let first = 0; first < 2 ** 16; first += 8) {
      const codes = Uint16Array.from({ length: 8 }, (_, i) => first + i);
      const floats = new Uint32Array(8);
      const decoded = decodeHalves(name, bytesOf(codes), bytesOf(floats), 8);
      assert.equal(decoded, (first & 0x7fff) < infinite, `${name} ${first.toString(16)}`);
      if (decoded) assert.deepEqual([...floats], [...codes].map((code) => bits[code]! >>> 0));
    }
  }
});

test("encodeHalves() rounds as one number does, and leaves what needs care", () => {
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  for (const name of HALVES) {
    const format = FLOAT_FORMATS.get(name)!;
    let done = 0;
    for (let round = 0; round < 40_000; round++) {
      // A range of magnitudes a group, so that most groups need no care, and ties are frequent.
      const top = random() % 0x7f80 << 16;
      const bits = Uint32Array.from({ length: 8 }, () => {
        const low = [random() & 0xffff, 0x8000, 0x1000, 0x3000, 0][random() % 5]!;
        return (((random() & 1) << 31) | top | low) >>> 0;
      });
      const codes = new Uint16Array(8);
      const careful = bits.some((word) => {
        const magnitude = word & 0x7fffffff;
        const code = encodeFloat(format, word) & 0x7fff;
        const infinite = name === "bfloat16" ? 0x7f80 : 0x7c00;
        return code >= infinite || (code === 0 && magnitude > 0);
      });
      const encoded = encodeHalves(name, bytesOf(bits), bytesOf(codes), 8);
      assert.equal(encoded, !careful, `${name} ${[...bits].map((word) => word.toString(16))}`);
      if (!encoded) continue;
      done++;
      assert.deepEqual([...codes], [...bits].map((word) => encodeFloat(format, word)));
    }
    assert.ok(done > 5000, `${done} groups of ${name}`);
  }
});

test("floatStats() sums up, and leaves what isn't finite", () => {
  const numbers = Float32Array.from({ length: 1024 }, (_, i) => (i % 37) - 18);
  const about = 0.25;
  let [sum, squares] = [0, 0];
  for (const number of numbers) {
    sum += number - about;
    squares += (number - about) ** 2;
  }
  const found = floatStats(bytesOf(numbers), 1024, about)!;
  // Multiples of 1/16 are exact, whatever the order.
  assert.deepEqual(found, { sum, squares, min: -18, max: 18, zeros: 28 });
  for (const odd of [NaN, Infinity, -Infinity]) {
    const broken = numbers.slice();
    broken[700] = odd;
    assert.equal(floatStats(bytesOf(broken), 1024, about), undefined);
  }
});
