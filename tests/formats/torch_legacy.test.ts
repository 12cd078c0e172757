import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isLegacyStream } from "../../src/formats/torch/legacy_stream.ts";
import { bytesSource } from "../../src/io/source.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { PyGlobal, PyObject, PyPersistent, PyTuple } from "../../src/pickle/values.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { floatStorage, legacyFile, MAGIC, vector } from "../support/legacy_file.ts";
import type { LegacyParts } from "../support/legacy_file.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** Two tensors, `a` and `b`, of two elements each. */
function twoTensors(changes: Partial<LegacyParts> = {}): Uint8Array<ArrayBuffer> {
  return legacyFile({
    object: new PyDict([
      "a",
      vector(floatStorage("11", 2), 2),
      "b",
      vector(floatStorage("22", 2), 2),
    ]),
    keys: ["22", "11"],
    data: [{ count: 2, bytes: floats(3, 4) }, { count: 2, bytes: floats(1, 2) }],
    ...changes,
  }).bytes;
}

test("openCheckpoint() reads the pickles of a legacy file, and no storage", async () => {
  const numel = 2 ** 20;
  const { bytes, data } = legacyFile({
    object: new PyDict([
      "a",
      vector(floatStorage("1", numel), numel),
      "b",
      vector(floatStorage("2", 2), 2),
    ]),
    keys: ["1", "2"],
    data: [{ count: numel, bytes: new Uint8Array(numel * 4) }, { count: 2, bytes: floats(5, 6) }],
  });
  const source = countingSource(bytesSource(bytes));
  await using checkpoint = await openCheckpoint(source);
  assert.deepEqual([...checkpoint.tensors.keys()], ["a", "b"]);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  // The head, and one window of 64 KiB.
  assert.ok(read <= 512 + 64 * 1024, `${read} bytes were read`);

  source.reads.length = 0;
  assert.deepEqual((await checkpoint.tensor("b").load()).toJS(), [5, 6]);
  const second = data + 8 + numel * 4;
  // The count, then the elements.
  assert.deepEqual(source.reads, [{ offset: second, length: 8 }, {
    offset: second + 8,
    length: 8,
  }]);
});

test("the storages of a legacy file lie in the order of the keys", async () => {
  await using checkpoint = await openCheckpoint(twoTensors());
  assert.deepEqual((await checkpoint.tensor("a").load()).toJS(), [1, 2]);
  assert.deepEqual((await checkpoint.tensor("b").load()).toJS(), [3, 4]);
});

test("a legacy file of every protocol that keeps storages apart is read", async () => {
  for (const protocol of [1, 2, 3, 4, 5]) {
    await using checkpoint = await openCheckpoint(twoTensors({ protocol }));
    assert.equal(checkpoint.format, "torch-legacy");
    assert.equal(checkpoint.tensors.size, 2, `protocol ${protocol}`);
  }
});

test("a window of a storage has its own elements", async () => {
  // Elements 3 to 6 of 0 … 9, as the file's maker wrote it.
  await using checkpoint = await openCheckpoint(fixture("legacy_view_metadata.pth"));
  const view = checkpoint.tensor("view");
  assert.deepEqual((await view.load()).toJS(), [3, 4, 5, 6]);
  assert.equal(view.storage!.nbytes, 16);
  assert.equal(checkpoint.tensor("base").storage!.nbytes, 40);
});

test("a window beyond its storage is corrupt", async () => {
  const view = new PyTuple(["33", 1, 2]);
  const object = new PyDict(["a", vector(floatStorage("11", 2, view), 2)]);
  const file = twoTensors({ object, keys: ["11"], data: [{ count: 2, bytes: floats(1, 2) }] });
  await using checkpoint = await openCheckpoint(file);
  assert.throws(() => checkpoint.tensors, {
    code: "corrupt",
    message: "A storage that is a window of another has elements 1 to 3 of 2",
  });
});

test("a module's class stands where its persistent id was", async () => {
  await using checkpoint = await openCheckpoint(fixture("legacy_module.pth"), { inert: true });
  const { value } = checkpoint;
  assert.ok(value instanceof PyObject);
  assert.equal(value.calleeName, "torch.nn.modules.container.Sequential");
});

test("a cut legacy file says how many storages are whole, and the whole ones are read", async () => {
  const file = twoTensors();
  await using checkpoint = await openCheckpoint(file.slice(0, -1));
  assert.deepEqual(checkpoint.warnings, ["The file is cut short: 1 of 2 storages are whole"]);
  assert.deepEqual((await checkpoint.tensor("b").load()).toJS(), [3, 4]);
  await assert.rejects(checkpoint.tensor("a").load(), {
    code: "truncated",
    hint: "the file is cut short, 1 of 2 storages are whole; get it again",
  });
});

test("a count that isn't the id's is corrupt", async () => {
  const data = [{ count: 3, bytes: floats(3, 4) }, { count: 2, bytes: floats(1, 2) }];
  await using checkpoint = await openCheckpoint(twoTensors({ data }));
  assert.deepEqual((await checkpoint.tensor("a").load()).toJS(), [1, 2]);
  await assert.rejects(checkpoint.tensor("b").load(), {
    code: "corrupt",
    message: 'Storage "22" has 3 elements, but 2 by its id',
  });
});

test("keys that don't fit the storages are corrupt when the bytes are asked for", async () => {
  const cases: [PyDict | string[], string][] = [
    [["11"], 'The list of storages lacks "22"'],
    [["99", "22"], 'The list of storages has the storage "99", which no tensor uses'],
    [["22", "22"], 'The list of storages has "22" twice'],
    [new PyDict(), "The keys of the storages are no list"],
  ];
  for (const [keys, message] of cases) {
    await using checkpoint = await openCheckpoint(twoTensors({ keys }));
    assert.equal(checkpoint.warnings.length, 1);
    assert.ok(checkpoint.warnings[0]!.startsWith(message));
    const last = Array.isArray(keys) && keys[0] === "22" ? "a" : "b";
    await assert.rejects(checkpoint.tensor(last).load(), { code: "corrupt", message });
  }
});

test("a wrong magic number or version is named", async () => {
  const magic = twoTensors({ magic: MAGIC + 1n });
  await assert.rejects(openCheckpoint(magic), { code: "corrupt", message: /^The magic number / });
  const version = twoTensors({ version: 1002 });
  await assert.rejects(openCheckpoint(version), {
    code: "corrupt",
    message: /^The protocol version /,
  });
});

test("a call in a magic number's place is refused, and looked at inertly", async () => {
  const call = (module: string, name: string) =>
    new PyObject("reduce", new PyGlobal(module, name), new PyTuple([]));
  const file = twoTensors({ magic: call("mymodule", "run") });
  await assert.rejects(openCheckpoint(file), { code: "refused" });
  await using checkpoint = await openCheckpoint(file, { inert: true });
  assert.equal(checkpoint.format, "torch-legacy");
  assert.equal(checkpoint.tensors.size, 2);
  // A harmless call gives no number: here nothing is left open.
  const harmless = twoTensors({ magic: call("collections", "OrderedDict") });
  await assert.rejects(openCheckpoint(harmless, { inert: true }), { code: "corrupt" });
});

test("what stands behind the last storage is told, and an archive there refused", async () => {
  await using checkpoint = await openCheckpoint(fixture("legacy_two_saves.pth"));
  assert.deepEqual([...checkpoint.tensors.keys()], ["first"]);
  assert.match(checkpoint.warnings[0]!, /stand behind the last storage/);
  const behind = readFileSync(fixture("plain_dict.pt"));
  await assert.rejects(openCheckpoint(twoTensors({ behind })), { code: "corrupt" });
});

test("a storage by a text, as protocol 0 spells it, can't be found", async () => {
  const id = new PyPersistent("('storage', <class 'torch.FloatStorage'>, '11', 'cpu', 2, None)");
  const file = twoTensors({ object: vector(id, 2), protocol: 0 });
  await using checkpoint = await openCheckpoint(file, { inert: true });
  assert.throws(() => checkpoint.tensors, { code: "corrupt", message: /by a text/ });
});

test("an empty storage may be of two dtypes", async () => {
  const ints = floatStorage("11", 0);
  (ints.id as PyTuple).items[1] = new PyGlobal("torch", "IntStorage");
  const object = new PyDict(["a", vector(floatStorage("11", 0), 0), "b", vector(ints, 0)]);
  const data = [{ count: 0, bytes: floats() }];
  await using checkpoint = await openCheckpoint(twoTensors({ object, keys: ["11"], data }));
  assert.equal(checkpoint.tensor("a").dtype.name, "float32");
  assert.equal(checkpoint.tensor("b").dtype.name, "int32");
  assert.equal(checkpoint.tensor("a").storage, checkpoint.tensor("b").storage);
});

test("isLegacyStream() takes no other stream of pickles for a legacy file", () => {
  const stream = (...values: (number | PyDict)[]) =>
    new Uint8Array(Buffer.concat(values.map((value) => pickleBytes(value))));
  assert.equal(isLegacyStream(stream(1000, 1001, 1002)), false);
  assert.equal(isLegacyStream(stream(1000, 1001, new PyDict(["a", 1]))), false);
  assert.equal(isLegacyStream(stream(1000, 1001, new PyDict(["protocol_version", 1001]))), true);
});
