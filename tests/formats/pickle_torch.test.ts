import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { bytesSource } from "../../src/io/source.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { PyBytes, PyGlobal, PyObject, PyTuple } from "../../src/pickle/values.ts";
import type { PyPersistent, PyValue } from "../../src/pickle/values.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { floatStorage, legacyFile, vector } from "../support/legacy_file.ts";

const call = (module: string, name: string, ...args: PyValue[]) =>
  new PyObject("reduce", new PyGlobal(module, name), new PyTuple(args));

/** The call by which a storage stands in a plain pickle. */
const load = (bytes: PyValue) => call("torch.storage", "_load_from_bytes", bytes);

/** A legacy file with one float32 storage, as a byte string. */
function storageFile(bytes: Uint8Array, object?: PyValue): PyBytes {
  const numel = bytes.length / 4;
  const file = legacyFile({
    object: object ?? floatStorage("1", numel),
    keys: ["1"],
    data: [{ count: numel, bytes }],
  });
  return new PyBytes("bytes", file.bytes);
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** A vector whose storage is what the call gives. */
const tensor = (storage: PyObject, numel: number) =>
  vector(storage as unknown as PyPersistent, numel);

const pickle = (...entries: PyValue[]) => pickleBytes(new PyDict(entries), { protocol: 4 });

test("openCheckpoint() finds the storages that a plain pickle carries", async () => {
  const bytes = pickle(
    "a",
    tensor(load(storageFile(floats(1, 2))), 2),
    "b",
    tensor(load(storageFile(floats(3))), 1),
  );
  await using checkpoint = await openCheckpoint(bytes);
  assert.deepEqual((await checkpoint.tensor("a").load()).toJS(), [1, 2]);
  assert.deepEqual((await checkpoint.tensor("b").load()).toJS(), [3]);
  // Both files call their storage by the same key.
  assert.notEqual(checkpoint.tensor("a").storage!.id, checkpoint.tensor("b").storage!.id);
});

test("a storage that a plain pickle carries isn't read before it is asked for", async () => {
  const numel = 2 ** 18;
  const bytes = pickle("w", tensor(load(storageFile(new Uint8Array(numel * 4))), numel));
  const source = countingSource(bytesSource(bytes));
  await using checkpoint = await openCheckpoint(source);
  assert.equal(checkpoint.tensor("w").numel, numel);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < numel, `${read} of ${bytes.length} bytes were read`);
  await checkpoint.tensor("w").load();
  assert.deepEqual(source.reads.at(-1)!.length, numel * 4);
});

test("a file inside a plain pickle that is no storage is refused, and looked at inertly", async () => {
  const run = call("mymodule", "run");
  const names = { code: "refused", message: /mymodule\.run/ } as const;
  for (const object of [run, new PyTuple([run, floatStorage("1", 1)])]) {
    const bytes = pickle("n", 1, "w", load(storageFile(floats(1), object)));
    await assert.rejects(openCheckpoint(bytes), names);
    await using checkpoint = await openCheckpoint(bytes, { inert: true });
    assert.equal((checkpoint.value as PyDict).get("n"), 1);
    assert.ok(checkpoint.shards[0]!.globals.some((use) => use.name === "mymodule.run"));
  }
});

test("a storage that came with other names is refused by them", async () => {
  // The call is thrown away by the stream, but it would have been made.
  const file = storageFile(floats(1)).data!;
  const run = pickleBytes(call("mymodule", "run")).slice(2, -1);
  const magic = file.indexOf(0x2e) + 1;
  const bytes = new Uint8Array(Buffer.concat([
    file.subarray(0, 2),
    run,
    new Uint8Array([0x30]), // POP
    file.subarray(2, magic),
    file.subarray(magic),
  ]));
  const whole = pickle("w", tensor(load(new PyBytes("bytes", bytes)), 1));
  await assert.rejects(openCheckpoint(whole), { code: "refused", message: /mymodule\.run/ });
  await using checkpoint = await openCheckpoint(whole, { inert: true });
  assert.deepEqual((await checkpoint.tensor("w").load()).toJS(), [1]);
});

test("a load of anything but bytes is refused, and no storage", async () => {
  const bytes = pickle("w", load(call("mymodule", "make")));
  await assert.rejects(openCheckpoint(bytes), {
    code: "refused",
    message: /torch\.storage\._load_from_bytes/,
  });
  const text = pickle("w", tensor(load("text"), 1));
  await using checkpoint = await openCheckpoint(text, { inert: true });
  assert.throws(() => checkpoint.tensors, { code: "corrupt", message: /is given no storage/ });
});

test("bytes that are another file or a broken one are no storage", async () => {
  const other = new PyBytes("bytes", pickle("a", 1));
  await assert.rejects(openCheckpoint(pickle("w", load(other))), { code: "refused" });
  const cut = new PyBytes("bytes", storageFile(floats(1)).data!.slice(0, 40));
  await assert.rejects(openCheckpoint(pickle("w", load(cut))), { code: "truncated" });
});

test("files that lie in one another without end are a limit", async () => {
  let bytes = pickle("a", 1);
  for (let i = 0; i < 8; i++) bytes = pickle("w", load(new PyBytes("bytes", bytes)));
  await (await openCheckpoint(bytes, { inert: true })).close();
  bytes = pickle("w", load(new PyBytes("bytes", bytes)));
  await assert.rejects(openCheckpoint(bytes, { inert: true }), { code: "limit" });
});

test("the tensors of pickle.dump() are those that PyTorch has", async () => {
  await using checkpoint = await openCheckpoint(join(fixturesDir("torch"), "tensors.pkl"));
  // torch.tensor([1, 2]), as the file's maker wrote it.
  assert.deepEqual((await checkpoint.tensor("i").load()).toJS(), [1, 2]);
  assert.deepEqual(checkpoint.shards.map(({ name }) => name), ["torch.storage._load_from_bytes"]);
});
