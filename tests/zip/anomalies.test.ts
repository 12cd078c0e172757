import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openFile } from "../../src/io/file.ts";
import type { ByteSource } from "../../src/io/source.ts";
import { MAX_LISTED, zipAnomalies } from "../../src/zip/anomalies.ts";
import { readZipDirectory } from "../../src/zip/directory.ts";
import { localAnomalies } from "../../src/zip/local_anomalies.ts";
import { readMember } from "../../src/zip/member.ts";
import { corpusDir, fixturesDir, manifest, withoutCorpus } from "../support/corpus.ts";
import { packed, zipSource } from "./make_zip.ts";
import type { MadeArchive, MadeMember } from "./make_zip.ts";

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

async function anomaliesOf(source: ByteSource): Promise<string[]> {
  const directory = await readZipDirectory(source, { strict: false });
  const found = [...zipAnomalies(directory), ...await localAnomalies(directory)];
  return found.map(({ rule, member }) => member === undefined ? rule : `${rule} ${member}`);
}

/** The rules and members of all that is found in an archive. */
const found = (members: MadeMember[], around?: MadeArchive) =>
  anomaliesOf(zipSource(members, around));

test("zipAnomalies() and localAnomalies() find nothing in a sound archive", async () => {
  const descriptor = packed("4444", 0x08074b50, 0x352441c2, 3, 3); // of "abc"
  const zero = { crc: 0, size: 0, compressedSize: 0 };
  assert.deepEqual(
    await found([
      { title: "a/b" },
      { title: "signed", data: "abc", flags: 8, local: zero, behind: descriptor },
      { title: "bare", data: "abc", flags: 8, local: zero, behind: descriptor.subarray(4) },
      {
        title: "wide",
        data: "abc",
        flags: 8,
        local: zero,
        behind: packed("4488", 0x08074b50, 0x352441c2, 3, 3),
      },
      { title: "padded", behind: new Uint8Array(100) },
      { title: "folder/", data: "", attributes: 0o040755 * 65536 },
    ], { zip64: {} }),
    [],
  );
});

test("zipAnomalies() finds what the directory shows", async () => {
  assert.deepEqual(await found([{ title: "a" }, { title: "A" }]), ["Z1 A"]);
  assert.deepEqual(await found([{ title: "a" }], { end: { count: 2 } }), ["Z2"]);
  assert.deepEqual(await found([{ title: "a" }], { gap: ascii("gap") }), ["Z2"]);
  assert.deepEqual(await found([{ title: "a", flags: 1 }]), ["Z5 a"]);
  assert.deepEqual(await found([{ title: "a", method: 14 }]), ["Z5 a"]);
  assert.deepEqual(await found([{ title: "a" }], { prefix: ascii("junk") }), ["Z6"]);
  assert.deepEqual(await found([{ title: "a" }], { prefix: ascii("junk"), relative: true }), [
    "Z6",
  ]);
  assert.deepEqual(await found([{ title: "a" }], { suffix: ascii("junk") }), ["Z6"]);
  for (
    const title of ["/a", "\\a", "C:a", "../a", "a/../b", "a\\..\\b", "a\0b", "a\x1bb", "a\x7f"]
  ) {
    assert.deepEqual(await found([{ title }]), [`Z8 ${title}`]);
  }
  assert.deepEqual(await found([{ title: "..a/b.." }]), []);
  const unix = (mode: number) => [{ title: "a", attributes: mode * 65536 }];
  assert.deepEqual(await found(unix(0o120777)), ["Z8 a"]);
  assert.deepEqual(await found(unix(0o020666)), ["Z8 a"]);
  assert.deepEqual(await found(unix(0o100644)), []);
});

test("zipAnomalies() tells the range of bytes that belong to nobody", async () => {
  const source = zipSource([{ title: "a" }], { prefix: ascii("junk"), suffix: ascii("more") });
  const directory = await readZipDirectory(source, { strict: false });
  const ranges = zipAnomalies(directory).map(({ offset, length }) => [offset, length]);
  assert.deepEqual(ranges, [[0, 4], [source.size - 4, 4]]);
});

test("localAnomalies() finds what the local headers and the gaps show", async () => {
  const local = (fields: MadeMember["local"]) => found([{ title: "a", local: fields! }]);
  assert.deepEqual(await local({ name: ascii("b") }), ["Z3 a"]);
  assert.deepEqual(await local({ flags: 1 }), ["Z3 a"]);
  assert.deepEqual(await local({ method: 8 }), ["Z3 a"]);
  assert.deepEqual(await local({ size: 9 }), ["Z3 a"]);
  assert.deepEqual(await found([{ title: "a", flags: 8 }]), ["Z3 a"]); // no descriptor
  assert.deepEqual(await found([{ title: "a", behind: ascii("gap") }, { title: "b" }]), ["Z6"]);
  assert.deepEqual(await found([{ title: "a", behind: ascii("gap") }]), ["Z6"]);
  assert.deepEqual(await found([{ title: "a" }, { title: "b", hidden: true }]), ["Z6"]);
  assert.deepEqual(await found([{ title: "a", behind: new Uint8Array(65_537) }]), ["Z6"]);
  const source = zipSource([{ title: "a" }, { title: "b", hidden: true }]);
  const [gap] = await localAnomalies(await readZipDirectory(source));
  assert.deepEqual([gap!.offset, gap!.length], [32, 32]);
  assert.match(gap!.message, /doesn't list/);
});

test("zipAnomalies() counts what it doesn't list", async () => {
  const members = Array.from({ length: MAX_LISTED + 200 }, (_, i) => ({ title: `../${i}` }));
  const list = zipAnomalies(await readZipDirectory(zipSource(members)));
  assert.equal(list.length, MAX_LISTED + 1);
  assert.match(list[MAX_LISTED]!.message, /^200 more problems/);
});

/** The attacks that are made to show a rule. */
const ATTACKS: readonly (readonly [file: string, rule: string])[] = [
  ["at-duplicate-case.pt", "Z1"],
  ["at-duplicate-first-bad.pt", "Z1"],
  ["at-duplicate-first-good.pt", "Z1"],
  ["at-nul-in-name.pt", "Z1"],
  ["rb-zip-overlap.pt", "Z1"],
  ["at-two-directories.pt", "Z2"],
  ["at-entry-count-lies.pt", "Z2"],
  ["at-local-name-differs.pt", "Z3"],
  ["at-local-size-lies.pt", "Z3"],
  ["at-method-mismatch.pt", "Z3"],
  ["at-flag-local-1.pt", "Z3"],
  ["at-flag-local-20.pt", "Z3"],
  ["at-flag-local-40.pt", "Z3"],
  ["at-central-size-lies.pt", "Z3"],
  ["at-flag-both-1.pt", "Z5"],
  ["at-method-bzip2.zip", "Z5"],
  ["at-method-lzma.zip", "Z5"],
  ["at-method-99.zip", "Z5"],
  ["at-prefix-junk.pt", "Z6"],
  ["at-prefix-shell-relative.zip", "Z6"],
  ["at-polyglot-pickle-zip.pkl", "Z6"],
  ["at-polyglot-zip-then-zip.pt", "Z6"],
  ["at-central-offset-elsewhere.pt", "Z6"],
  ["at-hidden-local.pt", "Z6"],
  ["at-zip-slip.npz", "Z8"],
  ["at-symlink-entry.zip", "Z8"],
];

for (const [file, rule] of ATTACKS) {
  test(`${rule} is found in ${file}`, { skip: withoutCorpus("hostile") }, async () => {
    const source = await openFile(join(corpusDir("hostile")!, file));
    const rules = (await anomaliesOf(source)).map((each) => each.slice(0, 2));
    assert.ok(rules.includes(rule), rules.join());
    await source.close();
  });
}

/** Reads every member of a strict directory. */
async function readStrictly(path: string): Promise<void> {
  const source = await openFile(path);
  try {
    const directory = await readZipDirectory(source);
    for (const entry of directory.entries) await readMember(directory, entry);
  } finally {
    await source.close();
  }
}

test("a strict directory or member refuses every zip that has to be refused", {
  skip: withoutCorpus("hostile"),
}, async () => {
  const folder = corpusDir("hostile")!;
  // That all records lie under one folder is torch's rule, not the container's.
  const torchs = ["at-two-tops.pt"];
  const files = manifest("hostile", folder).filter(({ file, must }) =>
    /^(at|rb-zip)-?.*\.(pt|zip|npz)$/.test(file) && must.includes("refuse") &&
    !torchs.includes(file)
  );
  assert.ok(files.length >= 13, `${files.length} files`);
  for (const { file } of files) {
    await assert.rejects(readStrictly(join(folder, file)), { name: "StateDictError" }, file);
  }
});

for (const [label, folder] of [["fixture", fixturesDir("torch")], ["corpus", corpusDir("torch")]]) {
  const skip = folder === undefined ? withoutCorpus("torch") : false;
  test(`nothing is wrong with the zip of any sound ${label} file`, { skip }, async () => {
    const files = manifest("torch", folder!).filter((entry) =>
      entry.format === "torch-zip" && entry.expect !== "corrupt" && !entry.file.includes("hostile")
    );
    assert.ok(files.length > 50);
    for (const { file } of files) {
      await readStrictly(join(folder!, file));
      const source = await openFile(join(folder!, file));
      assert.deepEqual(await anomaliesOf(source), [], file);
      await source.close();
    }
  });
}
