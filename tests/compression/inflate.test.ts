import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { deflateRaw, portableDeflate } from "../../src/compression/deflate.ts";
import { inflateRaw, inflateWhole } from "../../src/compression/inflate.ts";
import { portableInflate, portableInflateWhole } from "../../src/compression/inflate_portable.ts";
import { packedInput } from "../../src/compression/packed_input.ts";
import { bytesSource } from "../../src/io/source.ts";

const base64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

/** Names as a checkpoint has them: `b"".join(b"layer.%d.weight\n" % i for i in range(40))`. */
const NAMES = Array.from({ length: 40 }, (_, i) => `layer.${i}.weight\n`).join("");

/** What Python's zlib made, with window bits -15: at level 9, at level 0, and with fixed codes. */
const PACKED: readonly (readonly [string, string])[] = [
  [
    NAMES,
    "XdE7CoQAFEPRfhYjk8TPuBwLUcFKBHH3AxbCu+XtDsk+3fPRfJtr3pb1/OxPqqZrpmZbs6vZ1xxq/mqOYJAFlwAT" +
    "ZAJNsAk4QSfwBJ/hM3eDz/AZPsNn+Ayf4TN8gS/whcfCF/gCX+ALfIEvr+8P",
  ],
  ["abc", "AQMA/P9hYmM="],
  ["hello hello hello", "y0jNyclXyECQAA=="],
];

const ENGINES = [["the runtime's zlib", inflateRaw], ["fflate", portableInflate]] as const;

const WHOLE = [
  ["the runtime's zlib", inflateWhole],
  [
    "fflate",
    async (...args: Parameters<typeof portableInflateWhole>) => await portableInflateWhole(...args),
  ],
] as const;

/** Bytes that pack well but aren't all the same: 20 MB into 100 kB or so. */
function large(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(20_000_000);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i >> 12) * (i & 7);
  return bytes;
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const piece of pieces) list.push(piece.slice());
  return Buffer.concat(list);
}

for (const [engine, inflate] of ENGINES) {
  test(`inflateRaw() by ${engine} unpacks and stops at the end of the stream`, async () => {
    for (const [plain, packed] of PACKED) {
      for (const behind of [0, 1, 5, 100_000]) {
        const stream = base64(packed);
        const bytes = new Uint8Array(3 + stream.length + behind).fill(0xaa);
        bytes.set(stream, 3);
        const input = packedInput(bytesSource(bytes), 3);
        assert.equal((await gather(inflate(input))).toString("latin1"), plain);
        assert.equal(input.position, 3 + stream.length, `${behind} bytes behind`);
      }
    }
  });

  test(`inflateRaw() by ${engine} streams in bounded pieces`, { timeout: 60_000 }, async () => {
    const plain = large();
    const packed = new Uint8Array(deflateRawSync(plain));
    const input = packedInput(bytesSource(packed), 0);
    let at = 0;
    let largest = 0;
    for await (const piece of inflate(input)) {
      assert.equal(Buffer.compare(piece, plain.subarray(at, at + piece.length)), 0);
      at += piece.length;
      largest = Math.max(largest, piece.length);
    }
    assert.equal(at, plain.length);
    assert.equal(input.position, packed.length);
    assert.ok(largest <= 17_000_000, `a piece of ${largest}`);
  });

  test(`inflateRaw() by ${engine} says when the stream is cut or damaged`, async () => {
    const packed = base64(PACKED[0]![1]);
    for (const length of [0, 1, 50, packed.length - 1]) {
      const input = packedInput(bytesSource(packed.slice(0, length)), 0);
      await assert.rejects(gather(inflate(input)), { code: "truncated" }, `${length} bytes`);
    }
    // A block of the type that doesn't exist.
    const input = packedInput(bytesSource(new Uint8Array([0xff, 1, 2, 3])), 0);
    await assert.rejects(gather(inflate(input)), { code: "corrupt", path: "bytes" });
  });

  test(`inflateRaw() by ${engine} may be left early`, async () => {
    const input = packedInput(bytesSource(new Uint8Array(deflateRawSync(large()))), 0);
    for await (const piece of inflate(input)) {
      assert.ok(piece.length > 0);
      break;
    }
  });

  test(`inflateRaw() by ${engine} passes on an error of its source`, async () => {
    const source = bytesSource(new Uint8Array(deflateRawSync(large())));
    const input = packedInput(source, 0, source.size, AbortSignal.abort());
    await assert.rejects(gather(inflate(input)), { code: "aborted" });
  });
}

for (const [engine, inflate] of WHOLE) {
  test(`inflateWhole() by ${engine} gives the bytes and how many made them`, async () => {
    for (const [plain, packed] of PACKED) {
      const stream = base64(packed);
      const { bytes, used } = await inflate(stream, plain.length, "m");
      assert.equal(Buffer.from(bytes).toString("latin1"), plain);
      assert.equal(used, stream.length);
      const longer = new Uint8Array([...stream, 0, 0]);
      assert.equal((await inflate(longer, plain.length, "m")).used, stream.length);
    }
    const empty = await inflate(new Uint8Array([3, 0]), 0, "m");
    assert.deepEqual([empty.bytes.length, empty.used], [0, 2]);
  });

  test(`inflateWhole() by ${engine} stops at the size that is stated`, async () => {
    const packed = base64(PACKED[0]![1]);
    await assert.rejects(inflate(packed, 629, "m"), {
      code: "corrupt",
      message: "The deflated data becomes more than its 629 bytes",
    });
    await assert.rejects(inflate(packed, 0, "m"), { code: "corrupt" });
    assert.equal((await inflate(packed, 631, "m")).bytes.length, 630);
    await assert.rejects(inflate(packed.subarray(0, 60), 630, "m"), { code: "truncated" });
    await assert.rejects(inflate(new Uint8Array(0), 630, "m"), { code: "truncated" });
    await assert.rejects(inflate(new Uint8Array([0xff, 1, 2]), 630, "m"), { code: "corrupt" });
  });
}

for (
  const [engine, deflate] of [
    ["the runtime's zlib", deflateRaw],
    ["fflate", portableDeflate],
  ] as const
) {
  test(`deflateRaw() by ${engine} packs what unpacks to the same`, async () => {
    const plain = large().subarray(0, 1_000_000);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      const block = new Uint8Array(70_000); // one memory for all of them
      for (let at = 0; at < plain.length; at += block.length) {
        const piece = block.subarray(0, Math.min(block.length, plain.length - at));
        piece.set(plain.subarray(at, at + piece.length));
        yield piece;
        block.fill(0xee);
      }
    }
    const packed = await gather(deflate(pieces()));
    assert.ok(packed.length < 100_000, `${packed.length} bytes`);
    const { bytes, used } = await inflateWhole(new Uint8Array(packed), plain.length, "m");
    assert.equal(Buffer.compare(bytes, plain), 0);
    assert.equal(used, packed.length);
  });

  test(`deflateRaw() by ${engine} passes on an error of what it packs`, async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      await Promise.resolve();
      throw new RangeError("no more");
    }
    await assert.rejects(gather(deflate(pieces())), { name: "RangeError", message: "no more" });
  });
}
