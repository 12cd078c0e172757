import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { bytesSource } from "../../src/io/source.ts";
import { PyGlobal, PyObject, PyPersistent, PyTuple } from "../../src/pickle/values.ts";
import type { PyValue } from "../../src/pickle/values.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { makeTar } from "../support/make_tar.ts";
import type { MadeTarMember } from "../support/make_tar.ts";

const int64 = (...values: number[]) => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** Pickles and numbers in turn. */
const member = (name: string, ...parts: (PyValue | Uint8Array)[]): MadeTarMember => ({
  name,
  data: Buffer.concat(
    parts.map((part) => part instanceof Uint8Array ? part : pickleBytes(part)),
  ),
});

const storage = (key: number) => new PyTuple([key, "cpu", new PyGlobal("torch", "FloatStorage")]);

const tensor = (key: number, root: number) =>
  new PyTuple([key, root, new PyGlobal("torch", "FloatTensor")]);

/** The members of a file with one tensor `w` of 0, 1, 2, 3, and what else is asked for. */
function members(changes: Record<string, MadeTarMember> = {}): MadeTarMember[] {
  const made: Record<string, MadeTarMember> = {
    storages: member("storages", 1, storage(1), int64(4), floats(0, 1, 2, 3), []),
    tensors: member("tensors", 1, tensor(7, 1), int64(1), int64(4), int64(1), int64(0)),
    pickle: member("pickle", new PyDict(["w", new PyPersistent("7")])),
    ...changes,
  };
  return Object.values(made);
}

const open = (list: MadeTarMember[], inert = false) => openCheckpoint(makeTar(list), { inert });

test("openCheckpoint() reads no storage of a tar", async () => {
  const numel = 2 ** 20;
  const source = countingSource(bytesSource(makeTar(members({
    storages: member("storages", 1, storage(1), int64(numel), new Uint8Array(numel * 4), []),
  }))));
  await using checkpoint = await openCheckpoint(source);
  assert.deepEqual(checkpoint.tensor("w").shape, [4]);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < numel, `${read} bytes were read`);
});

test("a tensor of a tar that is met twice is one", async () => {
  const pickle = member(
    "pickle",
    new PyDict(["a", new PyPersistent("7"), "b", new PyPersistent("7")]),
  );
  await using checkpoint = await open(members({ pickle }));
  assert.equal(checkpoint.tensor("a"), checkpoint.tensor("b"));
});

test("a storage of a tar may be a window of another", async () => {
  const windows = [new PyTuple([2, 1, 1, 2])];
  const storages = member("storages", 1, storage(1), int64(4), floats(0, 1, 2, 3), windows);
  const tensors = member("tensors", 1, tensor(7, 2), int64(1), int64(2), int64(1), int64(0));
  await using checkpoint = await open(members({ storages, tensors }));
  assert.deepEqual((await checkpoint.tensor("w").load()).toJS(), [1, 2]);
});

test("a strict load refuses what any member names", async () => {
  const call = new PyObject("reduce", new PyGlobal("mymodule", "run"), new PyTuple([]));
  const tensors = member(
    "tensors",
    1,
    new PyTuple([7, 1, call]),
    int64(1),
    int64(4),
    int64(1),
    int64(0),
  );
  await assert.rejects(open(members({ tensors })), { code: "refused", member: "tensors" });
  await using checkpoint = await open(members({ tensors }), true);
  assert.deepEqual(
    checkpoint.shards.map(({ name, globals }) => [name, globals.map((use) => use.name)]),
    [["storages", ["torch.FloatStorage"]], ["tensors", ["mymodule.run"]], ["pickle", []]],
  );
});

test("a member that is there twice, or a link, is refused", async () => {
  const twice = [...members(), member("pickle", 1)];
  await assert.rejects(open(twice), { code: "refused", member: "pickle" });
  const link = { name: "storages", type: "2" };
  await assert.rejects(open(members({ storages: link })), { code: "refused", member: "storages" });
});

test("members that contradict themselves are corrupt", async () => {
  const size = int64(1);
  const cases: [string, MadeTarMember][] = [
    ["no tensor of the name", member("pickle", new PyDict(["w", new PyPersistent("8")]))],
    ["no storage of the key", member("tensors", 1, tensor(7, 9), size, size, size, size)],
    ["more elements than bytes", member("storages", 1, storage(1), int64(5), floats(1), [])],
    ["a negative count", member("storages", 1, storage(1), int64(-1), [])],
    ["a billion dimensions", member("tensors", 1, tensor(7, 1), int64(2 ** 30))],
    ["a tensor beyond its storage", member("tensors", 1, tensor(7, 1), size, int64(5), size, size)],
    ["no list of windows", member("storages", 1, storage(1), int64(1), floats(1), 0)],
  ];
  for (const [what, made] of cases) {
    await assert.rejects(
      async () => {
        await using checkpoint = await open(members({ [made.name]: made }));
        checkpoint.tensors;
      },
      { code: "corrupt" },
      what,
    );
  }
});

test("a tar without ustar's mark is known by its first member", async () => {
  const list = [{ name: "sys_info", old: true }, ...members()];
  await using checkpoint = await open(list);
  assert.equal(checkpoint.format, "torch-tar");
});

test("the tar that PyTorch reads has its tensors over one storage", async () => {
  const bytes = new Uint8Array(readFileSync(join(fixturesDir("torch"), "old_tar.pth")));
  await using checkpoint = await openCheckpoint(bytes);
  assert.equal(checkpoint.tensor("w").storage, checkpoint.tensor("t").storage);
  // torch.arange(12).view(3, 4) and its transpose.
  assert.deepEqual((await checkpoint.tensor("t").load()).toJS(), [
    [0, 4, 8],
    [1, 5, 9],
    [2, 6, 10],
    [3, 7, 11],
  ]);
});
