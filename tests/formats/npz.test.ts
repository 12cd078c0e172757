import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { npyHeader } from "../../src/formats/numpy/npy_write.ts";
import { bytesSource } from "../../src/io/source.ts";
import { dtypeByName } from "../../src/tensor/dtype.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { makeZip } from "../zip/make_zip.ts";
import type { MadeMember } from "../zip/make_zip.ts";

const fixture = (name: string) => join(fixturesDir("arrays"), name);

/** An array of bytes in npy form; the bytes are `i % 251`. */
function npy(count: number, behind = 0): Uint8Array<ArrayBuffer> {
  const header = npyHeader(dtypeByName("uint8")!, [count]);
  const bytes = new Uint8Array(header.length + count + behind);
  bytes.set(header);
  for (let i = 0; i < count; i++) bytes[header.length + i] = i % 251;
  return bytes;
}

function deflated(title: string, plain: Uint8Array): MadeMember {
  const data = deflateRawSync(plain);
  return { title, data, method: 8, size: plain.length, crc: crc32(plain) };
}

test("stored arrays have the CRC-32 of their own bytes", async () => {
  await using checkpoint = await openCheckpoint(fixture("nz-stored.npz"));
  // zlib.crc32(array.tobytes("A")) of Python
  const crcs = { w: 0xcf381c2e, b: 0x3b48a444, f: 0x31625ff1, s: 0xccf5123d, z: 0 };
  for (const [name, crc] of Object.entries(crcs)) {
    assert.equal(checkpoint.tensor(name).storage!.crc, crc, name);
  }
  // numpy.load("nz-stored.npz")["b"].tolist()
  assert.deepEqual((await checkpoint.tensor("b").load()).toJS(), [0, 1, 2]);
});

test("openCheckpoint() reads the headers of stored members, and an array when it is asked for", async () => {
  const count = 2 ** 20;
  const members = ["a.npy", "b.npy", "c.npy"].map((title) => ({ title, data: npy(count) }));
  const bytes = makeZip(members);
  const source = countingSource(bytesSource(bytes));
  await using checkpoint = await openCheckpoint(source);
  assert.deepEqual([...checkpoint.tensors.keys()], ["a", "b", "c"]);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < 100_000, `${read} bytes were read`);
  source.reads.length = 0;
  const { data } = await checkpoint.tensor("b").load();
  assert.equal((data as Uint8Array)[count - 1], (count - 1) % 251);
  assert.deepEqual(source.reads.map(({ length }) => length), [count]);
});

test("a deflated array is unpacked as it is read, and only then", async () => {
  const count = 2 ** 22;
  const plain = npy(count);
  // Noise, so that the packed bytes are many.
  let state = 1;
  for (let i = plain.length - count; i < plain.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    plain[i] = state >>> 24;
  }
  const source = countingSource(bytesSource(makeZip([deflated("a.npy", plain)])));
  await using checkpoint = await openCheckpoint(source);
  const tensor = checkpoint.tensor("a");
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < count / 4, `${read} bytes were read`);
  assert.equal(checkpoint.compression, "deflate");

  const parts: Uint8Array[] = [];
  for await (const chunk of tensor.chunks()) parts.push(chunk.slice());
  assert.deepEqual(Buffer.concat(parts), Buffer.from(plain.subarray(plain.length - count)));
  assert.equal(tensor.storage!.bytes, null);
});

for (const [kind, pack] of [["stored", null], ["deflated", deflated]] as const) {
  const member = (plain: Uint8Array, crc: number): MadeMember =>
    pack ? { ...pack("a.npy", plain), crc } : { title: "a.npy", data: plain, crc };

  test(`a ${kind} array with a wrong CRC is listed, and an error when it is read`, async () => {
    const plain = npy(300_000);
    await using checkpoint = await openCheckpoint(makeZip([member(plain, crc32(plain) ^ 1)]));
    const tensor = checkpoint.tensor("a");
    await assert.rejects(tensor.load(), { code: "corrupt", member: "a.npy" });
  });

  test(`a ${kind} array with bytes behind it is read, and its CRC still compared`, async () => {
    const plain = npy(300_000, 7);
    const good = await loadStateDict(makeZip([member(plain, crc32(plain))]));
    assert.equal(good.get("a")!.numel, 300_000);
    const bad = loadStateDict(makeZip([member(plain, crc32(plain) ^ 1)]));
    await assert.rejects(bad, { code: "corrupt", member: "a.npy" });
  });
}

test("a member that is no array gives its bytes", async () => {
  await using checkpoint = await openCheckpoint(fixture("nz-foreign.npz"));
  // numpy.load("nz-foreign.npz")["readme.txt"] is b"hello"
  assert.deepEqual(
    (checkpoint.toJS() as Record<string, unknown>)["readme.txt"],
    new TextEncoder().encode("hello"),
  );
});

test("an object member fails by itself, and the others are read", async () => {
  await using checkpoint = await openCheckpoint(fixture("nz-mixed-object.npz"));
  assert.deepEqual([...checkpoint.tensors.keys()], ["ok", "obj", "also"]);
  // numpy.load("nz-mixed-object.npz")["ok"].tolist()
  assert.deepEqual((await checkpoint.tensor("ok").load()).toJS(), [0, 1, 2]);
  await assert.rejects(checkpoint.tensor("obj").load(), { code: "refused", member: "obj.npy" });
});

test("object members are read inertly where they are allowed", async () => {
  const path = fixture("nz-only-object.npz");
  await assert.rejects(openCheckpoint(path), { code: "refused" });
  await using checkpoint = await openCheckpoint(path, { allow: ["numpy.object_"] });
  // numpy.load(path, allow_pickle=True)["x"].tolist()
  assert.deepEqual(checkpoint.tensor("x").elements, [1, null]);
});

test("two members for one name are refused", async () => {
  const bytes = makeZip([{ title: "a", data: npy(1) }, { title: "a.npy", data: npy(1) }]);
  await assert.rejects(openCheckpoint(bytes), { code: "refused" });
});

test("a member that becomes far more than it is ends the reading before it is unpacked", async () => {
  const bomb = npy(2 ** 27); // deflate packs such a run some 900 times smaller
  await assert.rejects(openCheckpoint(makeZip([deflated("a.npy", bomb)])), {
    code: "limit",
    member: "a.npy",
  });
});

test("a broken header is an error that names its member", async () => {
  const cut = makeZip([{ title: "a.npy", data: npy(1) }, {
    title: "b.npy",
    data: npy(10).subarray(0, 60),
  }]);
  await assert.rejects(openCheckpoint(cut), { code: "truncated", member: "b.npy" });
});

test("folders in an archive are nothing, and an archive of other things is no npz", async () => {
  const folder = { title: "d/", data: new Uint8Array(0) };
  await using checkpoint = await openCheckpoint(
    makeZip([folder, { title: "d/a.npy", data: npy(2) }]),
  );
  assert.deepEqual([...checkpoint.tensors.keys()], ["d/a"]);
  await assert.rejects(openCheckpoint(makeZip([{ title: "readme.txt" }])), {
    code: "unrecognized",
  });
});
