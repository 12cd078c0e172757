import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { bytesSource, readBytes } from "../../src/io/source.ts";
import { readZipDirectory } from "../../src/zip/directory.ts";
import { memberChunks } from "../../src/zip/member_chunks.ts";
import { memberRange, memberSource, readMember, verifyMember } from "../../src/zip/member.ts";
import type { MemberOptions } from "../../src/zip/member.ts";
import { fixturesDir } from "../support/corpus.ts";
import { countingSource } from "../support/counting_source.ts";
import { makeZip, packed, zipSource } from "./make_zip.ts";
import type { MadeMember } from "./make_zip.ts";

const fixture = (name: string) =>
  bytesSource(new Uint8Array(readFileSync(join(fixturesDir("torch"), name))), name);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A deflated member, as it should be. */
function deflated(plain: Uint8Array | string, more: Partial<MadeMember> = {}): MadeMember {
  const bytes = typeof plain === "string" ? new TextEncoder().encode(plain) : plain;
  const data = new Uint8Array(deflateRawSync(bytes));
  return { title: "m", data, method: 8, size: bytes.length, crc: crc32(bytes), ...more };
}

/** Reads the first member of an archive in both ways; they must say the same. */
async function readFirst(
  members: MadeMember[],
  options?: MemberOptions,
  strict = true,
): Promise<string> {
  const directory = await readZipDirectory(zipSource(members), { strict });
  const entry = directory.entries[0]!;
  const gather = async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of memberChunks(directory, entry, options)) pieces.push(piece.slice());
    return text(Buffer.concat(pieces));
  };
  const [whole, chunks] = await Promise.allSettled([
    readMember(directory, entry, options).then(text),
    gather(),
  ]);
  if (whole.status === "rejected") {
    assert.equal(chunks.status, "rejected");
    assert.equal(chunks.reason.code, whole.reason.code);
    assert.equal(chunks.reason.message, whole.reason.message);
    throw whole.reason;
  }
  assert.equal(chunks.status === "fulfilled" && chunks.value, whole.value);
  return whole.value;
}

test("memberRange() goes by the local header's lengths", async () => {
  // Python: header offset + 30 + the two lengths in the local header.
  const data = [64, 1024, 1152, 1280, 1408, 1600, 1728, 1856, 1984, 2112, 2240, 2368, 2496];
  const directory = await readZipDirectory(fixture("state_dict.pt"));
  for (let i = 0; i < data.length; i++) {
    const entry = directory.entries[i]!;
    const range = { offset: data[i], size: entry.size };
    assert.deepEqual(await memberRange(directory, entry), range, entry.name);
  }
});

test("memberRange() reads headers that lie together at once, and no weights", async () => {
  const small = Array.from(
    { length: 2000 },
    (_, i) => ({ title: `s/${i}`, data: new Uint8Array(64) }),
  );
  const large = Array.from(
    { length: 5 },
    (_, i) => ({ title: `l/${i}`, data: new Uint8Array(2 ** 18) }),
  );
  const source = countingSource(bytesSource(makeZip([...small, ...large])));
  const directory = await readZipDirectory(source);
  source.reads.length = 0;
  for (const entry of directory.entries) await memberRange(directory, entry);
  // 2000 headers in 200 kB take four reads of 64 KiB, and each large member one of its own.
  assert.ok(source.reads.length <= 9, `${source.reads.length} reads`);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < 220_000, `${read} bytes`);
  for (const entry of directory.entries) await memberRange(directory, entry);
  assert.ok(source.reads.length <= 9);
});

test("memberRange() reads a header that is longer than usual", async () => {
  const extra = new Uint8Array(4096);
  extra.set([0x46, 0x42, 0xfc, 0x0f]);
  const source = zipSource([{ title: "a", local: { extra } }]);
  const directory = await readZipDirectory(source);
  const { offset, size } = await memberRange(directory, directory.entries[0]!);
  assert.equal(offset, 30 + 1 + 4096);
  assert.equal(text(await readBytes(source, offset, size)), "x");
});

test("readMember() gives the source's own memory where the data is stored", async () => {
  const source = fixture("state_dict.pt");
  const directory = await readZipDirectory(source);
  const bytes = await readMember(directory, directory.find("state_dict/byteorder")!);
  assert.equal(text(bytes), "little");
  assert.equal(bytes.buffer, source.view!(0, 1).buffer);
});

test("readMember() and memberChunks() unpack deflated data", async () => {
  const plain = "abc".repeat(1000);
  assert.equal(await readFirst([deflated(plain)]), plain);
  assert.equal(await readFirst([deflated("")]), "");
  assert.equal(await readFirst([{ title: "stored", data: plain }]), plain);
  assert.equal(await readFirst([{ title: "empty", data: "" }]), "");
  const directory = await readZipDirectory(fixture("rezip_deflate.pt"));
  const version = await readMember(directory, directory.find("archive/version")!);
  assert.equal(text(version), "3\n");
});

test("readMember() refuses deflated data that isn't what is stated", async () => {
  const plain = "abc".repeat(1000);
  const wrong = (more: Partial<MadeMember>, message: RegExp) =>
    assert.rejects(readFirst([deflated(plain, more)]), { code: "corrupt", message, member: "m" });
  await wrong({ size: 2999 }, /becomes more than its 2999 bytes/);
  await wrong({ size: 3001 }, /^It unpacks to 3000 bytes, not 3001$/);
  const data = new Uint8Array([...deflateRawSync(Buffer.from(plain)), 0, 0]);
  await wrong({ data }, /^2 bytes stand behind its deflated data$/);
  await wrong({ data: new Uint8Array([0xff, 0, 0]) }, /damaged/);
  await assert.rejects(readFirst([deflated(plain, { data: data.subarray(0, 8) })]), {
    code: "truncated",
    member: "m",
  });
});

test("readMember() checks the CRC, in which 0 is no CRC", async () => {
  const data = "abc"; // 352441c2, says Python's zlib.crc32
  const bad = [{ title: "m", data, crc: 0x352441c3 }];
  await assert.rejects(readFirst(bad), {
    code: "corrupt",
    message: "Its CRC-32 is 352441c2, not 352441c3",
    member: "m",
    path: "made.zip",
    offset: 0,
  });
  assert.equal(await readFirst(bad, { checkCrc: false }), "abc");
  assert.equal(await readFirst([{ title: "m", data, crc: 0 }]), "abc");
  await assert.rejects(readFirst([deflated("abc", { crc: 1 })]), { code: "corrupt" });
});

test("verifyMember() checks bytes that the caller has, or reads them", async () => {
  const source = countingSource(zipSource([{ title: "m", data: "abc" }]));
  const directory = await readZipDirectory(source);
  const entry = directory.entries[0]!;
  await verifyMember(directory, entry, null);
  source.reads.length = 0;
  await verifyMember(directory, entry, new TextEncoder().encode("abc"));
  assert.deepEqual(source.reads, []);
  await assert.rejects(verifyMember(directory, entry, new TextEncoder().encode("abd")), {
    code: "corrupt",
  });
});

test("readMember() unpacks no bombs", async () => {
  const plain = new Uint8Array(200_000_000);
  const bomb = deflated(plain);
  await assert.rejects(readFirst([bomb]), {
    code: "limit",
    message: /^It unpacks to 200000000 bytes, more than \d+$/,
  });
  // One that hides its size is stopped as it shows.
  await assert.rejects(readFirst([{ ...bomb, size: 1000 }]), { code: "corrupt" });
  await assert.rejects(readFirst([deflated("abc")], { limit: 2 }), { code: "limit" });
  assert.equal(await readFirst([deflated("abc")], { limit: 3 }), "abc");
  assert.equal(await readFirst([{ title: "m", data: "abc" }], { limit: 2 }), "abc");
});

test("readMember() says what it doesn't read", async () => {
  const wrong = (more: Partial<MadeMember>, code: string, message: string) =>
    assert.rejects(readFirst([{ title: "m", ...more }]), { code, message, member: "m" });
  await wrong({ flags: 1 }, "unsupported", "Its flags say it is encrypted");
  await wrong({ flags: 0x40 }, "unsupported", "Its flags say it is strongly encrypted");
  await wrong({ flags: 0x2000 }, "unsupported", "Its flags say it is encrypted with its header");
  await wrong({ method: 12 }, "unsupported", "It is packed by method 12 (bzip2)");
  await wrong({ method: 77 }, "unsupported", "It is packed by method 77 (unknown)");
  await wrong({ size: 2 }, "corrupt", "It is stored, but has two sizes, 2 and 1");
  await wrong({ offset: 999 }, "corrupt", "Its bytes, 999 to 1030, leave the archive");
  await wrong(
    { size: 5000, compressedSize: 5000 },
    "corrupt",
    "Its bytes, 0 to 5030, leave the archive",
  );
});

test("readMember() refuses a local header that contradicts the directory, if it is strict", async () => {
  const name = (text: string) => new TextEncoder().encode(text);
  const lies: readonly (readonly [MadeMember["local"], RegExp])[] = [
    [{ name: name("n") }, /names it "n"$/],
    [{ name: name("mm") }, /names it "mm"$/],
    [{ flags: 1 }, /^Its flags are 0, but 1 in its local header$/],
    [{ method: 8 }, /^Its method is 0, but 8 /],
    [{ crc: 0 }, /^Its CRC is 891568578, but 0 /],
    [{ size: 4 }, /^Its size is 3, but 4 /],
    [{ compressedSize: 4 }, /^Its packed size is 3, but 4 /],
  ];
  for (const [local, message] of lies) {
    const members = [{ title: "m", data: "abc", local: local! }];
    await assert.rejects(readFirst(members), { code: "refused", message, member: "m" });
    assert.equal(await readFirst(members, {}, false), "abc");
  }
  const nothing = [{ title: "m", data: "abc", offset: 1 }];
  await assert.rejects(readFirst(nothing), { code: "refused" }); // a byte before the first member
  await assert.rejects(readFirst(nothing, {}, false), {
    code: "corrupt",
    message: "There is no local header where the directory says",
  });
});

test("readMember() lets a header of a streamed member know nothing yet", async () => {
  const zip64 = new Uint8Array([1, 0, 16, 0, ...packed("88", 0, 0)]);
  const known = new Uint8Array([1, 0, 16, 0, ...packed("88", 3, 3)]);
  const full = { size: 0xffffffff, compressedSize: 0xffffffff };
  const zero = { crc: 0, size: 0, compressedSize: 0 };
  const good = [
    { flags: 8, local: zero },
    { flags: 8, local: {} },
    { flags: 0, local: { flags: 8, ...zero } },
    { flags: 8, local: { ...zero, extra: zip64 } }, // torch
    { flags: 8, local: { crc: 0, ...full, extra: zip64 } }, // Python, streaming
    { flags: 0, local: { ...full, extra: known } }, // Python, for numpy
  ];
  for (const member of good) {
    assert.equal(await readFirst([{ title: "m", data: "abc", ...member }]), "abc");
  }
  const bad = [
    { flags: 8, local: { ...zero, size: 4 } },
    { flags: 0, local: { ...full, extra: zip64 } },
    { flags: 0, local: full },
  ];
  for (const member of bad) {
    await assert.rejects(readFirst([{ title: "m", data: "abc", ...member }]), { code: "refused" });
  }
});

test("readMember() refuses data that its local header moves into the next member", async () => {
  const extra = new Uint8Array(40);
  const bytes = makeZip([{ title: "a", data: "0123456789" }, { title: "b" }]);
  bytes[28] = extra.length; // the local header claims an extra field that isn't there
  const directory = await readZipDirectory(bytesSource(bytes));
  await assert.rejects(readMember(directory, directory.entries[0]!), {
    code: "refused",
    message: "Its data ends at 81, inside what follows it",
  });
});

test("memberSource() is a window of the file, or the plain bytes in memory", async () => {
  const source = countingSource(
    zipSource([{ title: "s", data: "0123456789" }, deflated("abcdef")]),
  );
  const directory = await readZipDirectory(source);
  const stored = await memberSource(directory, directory.entries[0]!);
  source.reads.length = 0;
  assert.equal(text(await readBytes(stored, 7, 3)), "789");
  assert.deepEqual(source.reads, [{ offset: 38, length: 3 }]);
  await assert.rejects(readBytes(stored, 8, 3), { code: "truncated" });
  const unpacked = await memberSource(directory, directory.entries[1]!);
  assert.equal(text(await readBytes(unpacked, 3, 3)), "def");
});
