import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import { runsAsPickle } from "../../src/formats/pickle/sniff.ts";
import { bytesSource } from "../../src/io/source.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";
import { PyBytes } from "../../src/pickle/values.ts";
import type { PyPersistent } from "../../src/pickle/values.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir, inRepo } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const fixture = (name: string): string => join(fixturesDir("arrays"), name);
const read = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(fixture(name)));
const ascii = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (c) => c.charCodeAt(0));
const joined = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(parts));

const failsWith = (code: string, message?: RegExp) => (error: unknown): boolean =>
  isStateDictError(error) && error.code === code && (message?.test(error.message) ?? true);

/**
 * `{"w": numpy array of a million float32}`: what numpy 2.4 writes with protocol 5, with the bytes
 * made anew. The array is 1.0 throughout.
 */
function largeArray(count: number): Uint8Array<ArrayBuffer> {
  const size = new DataView(new ArrayBuffer(12));
  size.setUint32(0, 4 * count, true);
  size.setUint32(8, count, true);
  const bytes = new Uint8Array(size.buffer);
  const ones = new Uint8Array(new Float32Array(count).fill(1).buffer);
  return joined(
    ascii("\x80\x05}\x8c\x01w\x8c\x13numpy._core.numeric\x8c\x0b_frombuffer\x93("),
    Uint8Array.from([0x96, ...bytes.subarray(0, 8)]),
    ones,
    ascii("\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02f4\x89\x88\x87R"),
    ascii("(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"),
    Uint8Array.from([0x4a, ...bytes.subarray(8)]),
    ascii("\x85\x8c\x01CtRs."),
  );
}

test("PICKLE lists large arrays without reading them", async () => {
  const file = largeArray(1_000_000);
  const source = countingSource(bytesSource(file));
  await using checkpoint = await openCheckpoint(source);
  const weight = checkpoint.tensor("w");
  assert.deepEqual([checkpoint.format, weight.shape, weight.nbytes], ["pickle", [1e6], 4e6]);
  const before = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(before < 70_000, `${before} bytes were read`);
  const [first] = (await weight.load()).toJS() as number[];
  assert.equal(first, 1);
});

test("PICKLE reads several pickles as several roots", async () => {
  const file = joined(read("po-ints-p2.pkl"), ascii("N."), ascii("(dp0\nS'a'\nI1\ns."));
  await using checkpoint = await openCheckpoint(file);
  const paths = [...checkpoint.outline()].map(({ path }) => path);
  assert.ok(checkpoint.listing);
  assert.deepEqual([paths[1], paths.at(-3), paths.at(-1)], ["0", "1", "2.a"]);
  const [, none, dict] = checkpoint.toJS() as unknown[];
  assert.deepEqual([none, dict], [null, { a: 1 }]);
});

test("PICKLE tells of bytes behind the last pickle", async () => {
  for (const behind of [new Uint8Array(64), ascii("\n"), ascii("not a pickle")]) {
    await using checkpoint = await openCheckpoint(joined(ascii("\x80\x02K\x07."), behind));
    assert.equal(checkpoint.value, 7);
    assert.deepEqual(checkpoint.warnings, [`${behind.length} bytes stand behind the last pickle`]);
  }
});

test("PICKLE refuses a second pickle that is cut", async () => {
  const file = joined(ascii("\x80\x02K\x07."), ascii("\x80\x02]K"));
  await assert.rejects(openCheckpoint(file), failsWith("truncated"));
});

test("PICKLE refuses a pickle behind which an archive ends", async () => {
  const archive = new Uint8Array(readFileSync(inRepo("fixtures", "torch", "state_dict.pt")));
  // The zip's first 64 bytes are its header: what follows is data.pkl.
  await assert.rejects(openCheckpoint(archive.subarray(64)), failsWith("corrupt", /zip archive/));
});

test("PICKLE finds the buffers beside it, and misses those that aren't", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "x.pkl");
    // [NEXT_BUFFER, NEXT_BUFFER]
    writeFileSync(path, Uint8Array.from([0x80, 5, 0x5d, 0x28, 0x97, 0x97, 0x65, 0x2e]));
    writeFileSync(`${path}.buf0`, "ab");
    await assert.rejects(openCheckpoint(path), failsWith("corrupt", /buffer 1 is missing/));
    writeFileSync(`${path}.buf1`, "");
    await using checkpoint = await openCheckpoint(path);
    const spans = (checkpoint.value as PyBytes[]).map(({ kind, length }) => [kind, length]);
    assert.deepEqual(spans, [["bytes", 2], ["bytes", 0]]);
  });
});

test("PICKLE takes the buffers that the caller has", async () => {
  const file = Uint8Array.from([0x80, 5, 0x97, 0x2e]);
  await using checkpoint = await openCheckpoint(file, { buffers: [new Uint8Array([9])] });
  assert.deepEqual(checkpoint.toJS(), new Uint8Array([9]));
  await assert.rejects(openCheckpoint(file), failsWith("corrupt", /buffer 0 is missing/));
});

test("PICKLE reads Python 2 strings in the encoding asked for", async () => {
  const file = ascii("U\x02\xe9aq\x00.");
  const value = async (encoding?: "latin1" | "bytes" | "utf-8") => {
    await using checkpoint = await openCheckpoint(file, encoding ? { encoding } : {});
    return checkpoint.toJS();
  };
  assert.equal(await value("latin1"), "éa");
  assert.deepEqual(await value("bytes"), new Uint8Array([0xe9, 0x61]));
  assert.deepEqual(await value(), new Uint8Array([0xe9, 0x61]));
  await assert.rejects(value("utf-8"), failsWith("corrupt"));
});

test("PICKLE keeps persistent ids as values", async () => {
  await using checkpoint = await openCheckpoint(ascii("(lPid 1\nap0\n."));
  const [id] = checkpoint.value as PyPersistent[];
  assert.equal(id?.id, "id 1");
});

test("PICKLE lists the tensors of a data.pkl without its archive, and says so", async () => {
  const { readZipDirectory } = await import("../../src/zip/directory.ts");
  const { readMember } = await import("../../src/zip/member.ts");
  const { openFile } = await import("../../src/io/file.ts");
  const source = await openFile(inRepo("fixtures", "torch", "state_dict.pt"));
  const directory = await readZipDirectory(source);
  const entry = directory.entries.find(({ name }) => name.endsWith("/data.pkl"))!;
  const bytes = await readMember(directory, entry, { limit: 1e6 });
  await source.close();

  await using whole = await openCheckpoint(inRepo("fixtures", "torch", "state_dict.pt"));
  await using bare = await openCheckpoint(bytes);
  const shapes = (checkpoint: typeof bare) =>
    [...checkpoint.tensors].map(([name, { dtype, shape }]) => [name, dtype.name, shape]);
  assert.deepEqual(shapes(bare), shapes(whole));
  assert.match(bare.warnings.join(), /\.pt file/);
  const [first] = bare.tensors.values();
  await assert.rejects(first!.load(), failsWith("unsupported", /in another file/));
});

test("PICKLE spells keys of numpy as their numbers", async () => {
  // {np.int64(3): 1, np.float32(0.5): 2, np.str_("x"): 3}, as numpy 2.4 pickles it
  const hex =
    "800495d0000000000000007d94288c166e756d70792e5f636f72652e6d756c74696172726179948c067363616c" +
    "61729493948c056e756d7079948c0564747970659493948c02693894898887945294284b038c013c944e4e4e4affffff" +
    "ff4affffffff4b00749462430803000000000000009486945294" +
    "4b01680368068c02663494898887945294284b03680a4e4e4e4affffffff4affffffff4b0074946243040000003f94" +
    "869452944b02680368068c02553194898887945294284b03680a4e4e4e4b044b044b08749462430478000000948694" +
    "52944b03752e";
  await using checkpoint = await openCheckpoint(new Uint8Array(Buffer.from(hex, "hex")));
  const paths = [...checkpoint.outline()].map(({ path }) => path);
  assert.deepEqual(paths, ["", "3", "0.5", "x"]);
});

test("runsAsPickle() knows pickles of protocols 0 and 1 from texts", () => {
  const claims = (text: string) => runsAsPickle(ascii(text), text.length);
  assert.ok(claims("(dp0\nS'a'\nI1\ns."));
  assert.ok(claims("}q\x00U\x01aq\x01K\x01s."));
  assert.ok(claims("(lp0\nI1\naI2\na"), "cut before STOP");
  const texts = [
    "hello",
    "Notes",
    "(a list)",
    "N",
    "class Foo:\n  pass\n",
    "I am here\n",
    "Good text",
  ];
  for (const text of texts) assert.ok(!claims(text), JSON.stringify(text));
});

test("PICKLE reads what the writer writes, in every protocol", async () => {
  for (const protocol of [0, 1, 2, 3, 4, 5]) {
    const file = pickleBytes([1, "a", new PyBytes("bytes", new Uint8Array([0, 255]))], {
      protocol,
    });
    await using checkpoint = await openCheckpoint(file);
    assert.deepEqual(checkpoint.toJS(), [1, "a", new Uint8Array([0, 255])], String(protocol));
  }
});
