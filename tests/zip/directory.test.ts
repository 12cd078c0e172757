import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bytesSource } from "../../src/io/source.ts";
import { readZipDirectory } from "../../src/zip/directory.ts";
import { memberRange } from "../../src/zip/member.ts";
import { zipReadings } from "../../src/zip/readings.ts";
import { fixturesDir } from "../support/corpus.ts";
import { countingSource } from "../support/counting_source.ts";
import { makeZip, packed, zipSource } from "./make_zip.ts";

const fixture = (name: string) =>
  bytesSource(new Uint8Array(readFileSync(join(fixturesDir("torch"), name))), name);
const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Names as a checkpoint of so many storages has them. */
const storages = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ title: `archive/data/${i}`, data: "" }));

test("readZipDirectory() lists what Python's zipfile lists", async () => {
  const directory = await readZipDirectory(fixture("state_dict.pt"));
  assert.deepEqual(
    directory.entries.slice(0, 5).map((e) => [
      e.name,
      e.method,
      e.flags,
      e.crc,
      e.compressedSize,
      e.size,
      e.headerOffset,
    ]),
    [
      ["state_dict/data.pkl", 0, 2056, 1852714821, 862, 862, 0],
      ["state_dict/.format_version", 0, 2056, 2212294583, 1, 1, 942],
      ["state_dict/.storage_alignment", 0, 2056, 3916527423, 2, 2, 1041],
      ["state_dict/byteorder", 0, 2056, 434322821, 6, 6, 1170],
      ["state_dict/data/0", 0, 2056, 1744380601, 120, 120, 1302],
    ],
  );
  assert.equal(directory.entries.length, 15);
  assert.equal(directory.start, 2808);
  assert.equal(directory.end, 3894);
  assert.equal(directory.find("state_dict/version")?.headerOffset, 2524);
  assert.equal(directory.find("STATE_DICT/version"), undefined);
  const unicode = await readZipDirectory(fixture("unicode_root.pt"));
  assert.equal(unicode.entries[0]!.name, "модель-😀/data.pkl");
  const comment = await readZipDirectory(fixture("zip_comment.pt"));
  assert.match(new TextDecoder().decode(comment.comment), /^trained by someone /);
});

test("readZipDirectory() takes one read of a small file and two of a large directory", async () => {
  const small = countingSource(fixture("state_dict.pt"));
  await readZipDirectory(small);
  assert.deepEqual(small.reads, [{ offset: 0, length: 3894 }]);

  // 100 MB of weights do not matter; a directory of 3000 entries is longer than the first read.
  const bytes = makeZip([{ title: "w", data: new Uint8Array(1_000_000) }, ...storages(3000)]);
  const large = countingSource(bytesSource(bytes));
  const directory = await readZipDirectory(large);
  assert.equal(directory.entries.length, 3001);
  assert.equal(large.reads.length, 2);
  const read = large.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < bytes.length - directory.start + 70_000, `${read} bytes`);
});

test("readZipDirectory() finds the end behind the longest comment and other bytes", async () => {
  const comment = new Uint8Array(65_535).fill(0x50);
  const directory = await readZipDirectory(zipSource([{ title: "a" }], { comment, zip64: {} }));
  assert.equal(directory.entries.length, 1);
  assert.equal(directory.comment.length, 65_535);
  const suffix = ascii("\r\n");
  const followed = await readZipDirectory(zipSource([{ title: "a" }], { suffix }));
  assert.equal(followed.end, followed.source.size - 2);
  assert.equal((await readZipDirectory(zipSource([]))).entries.length, 0);
});

test("readZipDirectory() reads names in UTF-8, code page 437 and what is neither", async () => {
  const bytes = (...list: number[]) => new Uint8Array(list);
  const { entries, find } = await readZipDirectory(
    zipSource([
      { title: "a", name: bytes(0xc3, 0xa9), flags: 0x800 },
      { title: "b", name: bytes(0x82, 0x2f, 0xe1) }, // é/ß
      { title: "c", name: bytes(0xef, 0xbb, 0xbf, 0x78), flags: 0x800 },
      { title: "d", name: bytes(0xff), flags: 0x800 },
      { title: "" },
    ]),
  );
  assert.deepEqual(entries.map((e) => e.name), ["é", "é/ß", "\ufeffx", "\u00a0", ""]);
  assert.equal(entries[3]!.problem, "Its name isn't the UTF-8 that it says it is");
  assert.equal(find("é/ß"), entries[1]);
});

test("readZipDirectory() takes from the zip64 field what is full, in its order", async () => {
  const field = (...values: number[]) => {
    const numbers = packed("8".repeat(values.length), ...values);
    return new Uint8Array([1, 0, numbers.length, 0, ...numbers]);
  };
  const full = 0xffffffff;
  const other = new Uint8Array([7, 0, 2, 0, 9, 9]);
  const { entries } = await readZipDirectory(
    zipSource([
      { title: "sizes", data: "abc", size: full, compressedSize: full, extra: field(3, 3) },
      { title: "size", data: "abc", size: full, extra: new Uint8Array([...other, ...field(3)]) },
      { title: "offset", data: "abc", offset: full, extra: field(74) },
      { title: "short", data: "abc", size: full, compressedSize: full, extra: field(3) },
      { title: "none", data: "abc", size: full },
      {
        title: "huge",
        data: "abc",
        size: full,
        compressedSize: full,
        extra: field(2 ** 60, 2 ** 60),
      },
    ]),
  );
  assert.deepEqual(entries.slice(0, 3).map((e) => [e.size, e.compressedSize]), [
    [3, 3],
    [3, 3],
    [3, 3],
  ]);
  assert.equal(entries[2]!.headerOffset, 74);
  const problem = "Its sizes are in a zip64 field that isn't there";
  assert.deepEqual(entries.slice(3, 5).map((e) => e.problem), [problem, problem]);
  assert.match(entries[5]!.problem!, /^Its bytes, \d+ to 11529215046068\d+, leave the archive$/);
});

test("readZipDirectory() says what is wrong with a broken end", async () => {
  const refused = async (
    around: Parameters<typeof makeZip>[1],
    code: string,
    message: RegExp,
  ) => {
    const source = zipSource([{ title: "a" }, { title: "b" }], around);
    await assert.rejects(readZipDirectory(source), { code, message, path: "made.zip" });
  };
  await refused({ end: { count: 1 } }, "corrupt", /says 1 entries, the directory holds 2/);
  await refused({ end: { count: 3 } }, "corrupt", /says 3 entries, the directory holds 2/);
  await refused(
    { end: { size: 10 } },
    "corrupt",
    /^The directory, 10 bytes at \d+, doesn't end at/,
  );
  await refused({ end: { offset: 9999 } }, "corrupt", /doesn't end at/);
  await refused({ end: { disk: 1 } }, "unsupported", /one part of several/);
  await refused({ gap: ascii("??") }, "corrupt", /doesn't end at/);
  await refused({ zip64: { count: 1 } }, "refused", /says 2 entries, the zip64 one 1/);
  await refused({ zip64: { count: 2 ** 32 } }, "corrupt", /the zip64 one 4294967296/);
  await refused({ zip64: { offset: 2 ** 50 } }, "corrupt", /as the directory's offset/);
  await refused({ zip64: { locator: 2 ** 52 } }, "corrupt", /its locator says 4503599627370496/);
  await refused(
    { end: { count: 0xffff }, zip64: { count: 1 } },
    "corrupt",
    /says 1 entries, the directory holds 2/,
  );
  const cut = makeZip([{ title: "a" }]).slice(0, -1);
  await assert.rejects(readZipDirectory(bytesSource(cut)), { code: "truncated" });
  await assert.rejects(readZipDirectory(bytesSource(new Uint8Array(0))), { code: "truncated" });
});

test("readZipDirectory() refuses bytes before the archive, and reads past them if it may", async () => {
  const prefix = ascii("#!/bin/sh\n");
  for (const relative of [false, true]) {
    const source = zipSource([{ title: "a" }], { prefix, relative });
    await assert.rejects(readZipDirectory(source), {
      code: "refused",
      message: /^10 bytes stand before the/,
    });
    const directory = await readZipDirectory(source, { strict: false });
    assert.equal(directory.base, relative ? 10 : 0);
    assert.equal(directory.entries[0]!.headerOffset, 10);
    assert.equal((await memberRange(directory, directory.entries[0]!)).offset, 41);
  }
});

test("readZipDirectory() refuses names that are one to some readers", async () => {
  const twins = [
    ["archive/data.pkl", "archive/data.pkl"],
    ["archive/data.pkl", "archive/DATA.PKL"],
    ["archive/data.pkl", "archive/data.pkl\0.txt"],
    ["archive/data.pkl", "archive\\data.pkl"],
    ["archive/data.pkl", "archive//data.pkl"],
    ["archive/data.pkl", "./archive/data.pkl"],
    ["archive/data.pkl", "archive/./data.pkl"],
    ["archive/data.pkl", "/archive/data.pkl"],
    ["w.npy", "./w.npy"],
  ];
  for (const titles of twins) {
    const source = zipSource(titles.map((title) => ({ title })));
    await assert.rejects(readZipDirectory(source), { code: "refused", member: titles[1]! });
    const directory = await readZipDirectory(source, { strict: false });
    assert.equal(directory.entries.length, 2);
    if (titles[0] === titles[1]) {
      assert.throws(() => directory.find(titles[0]!), { code: "refused" });
    }
  }
});

test("readZipDirectory() lets an npz have `W` and `w`", async () => {
  const source = zipSource([{ title: "W.npy" }, { title: "w.npy" }]);
  assert.equal((await readZipDirectory(source)).entries.length, 2);
});

test("readZipDirectory() refuses members that share bytes", async () => {
  const first = { title: "a", data: "0123456789" };
  const again = zipSource([first, { title: "b", data: "0123456789", ghost: true, offset: 0 }]);
  await assert.rejects(readZipDirectory(again), {
    code: "refused",
    message: 'It shares bytes with "a"',
    member: "b",
  });
  const inside = zipSource([{ title: "a", data: "01234" }, { title: "b", offset: 34 }]);
  await assert.rejects(readZipDirectory(inside), { code: "refused" });
});

test("readZipDirectory() stops by its signal", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(readZipDirectory(zipSource([]), { signal }), { code: "aborted" });
});

test("zipReadings() gives every directory that some reader finds", async () => {
  const one = await zipReadings(zipSource([{ title: "a" }]));
  assert.deepEqual(one.map((d) => d.entries.map((e) => e.name)), [["a"]]);

  // Torch goes by the offset, to the first directory; Python steps back from the end, to the second.
  const bytes = makeZip([{ title: "torch" }]);
  const first = bytes.subarray(36, bytes.length - 22);
  const second = first.slice();
  second.set(ascii("other"), 46);
  const two = Buffer.concat([bytes.subarray(0, 36), first, second, bytes.subarray(-22)]);
  const source = bytesSource(new Uint8Array(two));
  await assert.rejects(readZipDirectory(source), {
    code: "refused",
    message: "There are two directories, at 36 and 87",
  });
  const names = (await zipReadings(source)).map((d) => d.entries.map((e) => e.name));
  assert.deepEqual(names, [["torch"], ["other"]]);

  // An end record in the comment of another: by the last, the archive is empty.
  const comment = makeZip([], { end: { offset: 0 } });
  const nested = zipSource([{ title: "a" }], { comment });
  await assert.rejects(readZipDirectory(nested), { code: "refused", message: /in the comment/ });
  assert.ok((await zipReadings(nested)).some((d) => d.find("a")));

  await assert.rejects(zipReadings(bytesSource(ascii("no zip"))), { code: "truncated" });
});
