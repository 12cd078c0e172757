import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bytesSource } from "../../src/io/source.ts";
import { readTarMembers } from "../../src/tar/members.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { makeTar } from "../support/make_tar.ts";
import type { MadeTarMember } from "../support/make_tar.ts";

const text = (words: string) => new TextEncoder().encode(words);

const list = (...members: MadeTarMember[]) => readTarMembers(bytesSource(makeTar(members)));

test("readTarMembers() lists what Python's tarfile lists", async () => {
  const bytes = new Uint8Array(readFileSync(join(fixturesDir("torch"), "old_tar.pth")));
  const members = await readTarMembers(bytesSource(bytes));
  // Name, size and offset_data of tarfile.open(…).getmembers(), Python 3.11.
  assert.deepEqual(
    members.map(({ name, size, offset }) => [name, size, offset]),
    [["sys_info", 116, 512], ["pickle", 103, 1536], ["tensors", 225, 2560], [
      "storages",
      178,
      3584,
    ]],
  );
});

test("readTarMembers() reads headers alone", async () => {
  const source = countingSource(bytesSource(makeTar([
    { name: "large", data: new Uint8Array(2 ** 20) },
    { name: "small", data: text("x") },
  ])));
  await readTarMembers(source);
  assert.deepEqual(source.reads.map(({ length }) => length), [512, 512, 512]);
});

test("readTarMembers() takes names from prefixes and from members of their own", async () => {
  const long = `${"folder/".repeat(40)}file`;
  const record = (words: string) => text(`${words.length + 3} ${words}`);
  const names = (await list(
    { name: "file", prefix: "some/folder" },
    { name: "././@LongLink", type: "L", data: text(`${long}\0`) },
    { name: "cut short" },
    { name: "PaxHeaders/x", type: "x", data: record("path=héllo\n") },
    { name: "h?llo" },
    { name: "last" },
  )).map(({ name }) => name);
  assert.deepEqual(names, ["some/folder/file", long, "héllo", "last"]);
});

test("readTarMembers() takes a member without ustar's mark for a file", async () => {
  const [member] = await list({ name: "old", old: true, data: text("abc") });
  assert.deepEqual(member, { name: "old", type: "0", offset: 512, size: 3 });
});

test("readTarMembers() refuses a wrong checksum and a cut member", async () => {
  const tar = makeTar([{ name: "a", data: text("1") }, { name: "b", data: new Uint8Array(1000) }]);
  const flipped = tar.slice();
  flipped[1024] = 0x63;
  await assert.rejects(readTarMembers(bytesSource(flipped)), { code: "corrupt", offset: 1024 });
  await assert.rejects(readTarMembers(bytesSource(tar.slice(0, 2000))), {
    code: "truncated",
    message: "A tar member of 1000 bytes begins at 1536, but the file ends at 2000",
  });
});
