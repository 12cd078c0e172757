import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { parameterList } from "../../src/formats/torch/torchscript_code.ts";
import { memorySink } from "../../src/io/sink.ts";
import { bytesSource } from "../../src/io/source.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { PyGlobal, PyObject, PyPersistent, PyTuple } from "../../src/pickle/values.ts";
import type { PyValue } from "../../src/pickle/values.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";
import { createZipWriter } from "../../src/zip/writer.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { vector } from "../support/legacy_file.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);

/** An archive with these records in a folder; values are pickled. */
async function archive(
  records: Record<string, string | Uint8Array | PyValue>,
  folder = "a/",
): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  const zip = createZipWriter(sink);
  for (const [name, content] of Object.entries(records)) {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content instanceof Uint8Array
      ? content
      : pickleBytes(content);
    await zip.add(folder + name, bytes.length, bytes as Uint8Array<ArrayBuffer>);
  }
  await zip.finish();
  return sink.bytes();
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

const storageId = (key: string | number, numel: number) =>
  new PyPersistent(
    new PyTuple(["storage", new PyGlobal("torch", "FloatStorage"), key, "cpu", numel]),
  );

const call = (module: string, name: string, ...args: PyValue[]) =>
  new PyObject("reduce", new PyGlobal(module, name), new PyTuple(args));

/** A module of TorchScript. */
function module(name: string, ...state: PyValue[]): PyObject {
  const object = new PyObject("newobj", new PyGlobal("__torch__", name), new PyTuple([]));
  object.states = [new PyDict(state)];
  return object;
}

const CODE = `class Net(Module):
  __parameters__ = ["w", ]
  __buffers__ = []
class Other(Module):
  __parameters__ = ["v", ]
`;

/** The records of a script whose state is `w` = 1, 2, and what else is asked for. */
const script = (changes: Record<string, string | Uint8Array | PyValue> = {}) =>
  archive({
    "data/0": floats(1, 2),
    "data.pkl": module("Net", "w", vector(storageId("0", 2), 2), "v", 5),
    "code/__torch__.py": CODE,
    "constants/0": floats(3),
    "constants.pkl": new PyTuple([vector(storageId("0", 1), 1)]),
    version: "3\n",
    ...changes,
  });

test("the storages of a script's constants are apart from those of its state", async () => {
  await using checkpoint = await openCheckpoint(await script());
  assert.equal(checkpoint.format, "torchscript");
  assert.deepEqual((await checkpoint.tensor("w").load()).toJS(), [1, 2]);
  const constant = checkpoint.constants.get("0")!;
  assert.deepEqual((await constant.load()).toJS(), [3]);
  assert.equal(constant.storage!.id, "constants/0");
});

test("which tensors of a script are parameters is read in its code", async () => {
  assert.deepEqual(parameterList(CODE, "Net"), ["w"]);
  assert.deepEqual(parameterList(CODE, "Other"), ["v"]);
  assert.equal(parameterList(CODE, "Ne"), undefined);
  await using known = await openCheckpoint(await script());
  assert.equal(known.tensor("w").parameter, true);
  await using unknown = await openCheckpoint(await script({ "code/__torch__.py": "" }));
  assert.equal(unknown.tensor("w").parameter, false);
  assert.ok(
    unknown.warnings.includes('Which tensors are parameters isn\'t known of "__torch__.Net"'),
  );
});

test("a type tag stands for the value that it is put on", async () => {
  const tagged = call("torch.jit._pickle", "restore_type_tag", ["a", "b"], "List[str]");
  await using checkpoint = await openCheckpoint(
    await script({ "data.pkl": module("Net", "names", tagged) }),
  );
  assert.deepEqual(checkpoint.toJS(), { $class: "__torch__.Net", names: ["a", "b"] });
});

test("a strict load of a script refuses names that aren't its own, in any of its pickles", async () => {
  const own = call("torch.jit._pickle", "build_intlist", [1]);
  await (await openCheckpoint(await script({ "bytecode.pkl": own }))).close();
  for (const bad of [call("torch.jit._pickle", "run"), call("__torch__x", "Net")]) {
    const { written } = bad.callee as PyGlobal;
    const bytes = await script({ "bytecode.pkl": bad });
    await assert.rejects(openCheckpoint(bytes), { code: "refused", member: "a/bytecode.pkl" });
    await using checkpoint = await openCheckpoint(bytes, { inert: true });
    assert.ok(checkpoint.globals.some((use) => use.written === written));
  }
});

test("openCheckpoint() reads no weights of a script", async () => {
  const size = 2 ** 20;
  const source = countingSource(bytesSource(
    await script({
      "data/0": new Uint8Array(size),
      "data.pkl": module("Net", "w", vector(storageId("0", size / 4), size / 4)),
    }),
  ));
  await using checkpoint = await openCheckpoint(source);
  assert.deepEqual(checkpoint.tensor("w").shape, [size / 4]);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < size / 4, `${read} bytes were read`);
});

test("an archive with constants but no state is no script", async () => {
  const bytes = await archive({ "constants.pkl": new PyTuple([]), version: "3\n" });
  await assert.rejects(openCheckpoint(bytes), { code: "unrecognized" });
});

test("a file that was put into a script is metadata", async () => {
  await using checkpoint = await openCheckpoint(fixture("torchscript.pt"));
  assert.equal(checkpoint.metadata.get("extra/labels.json"), '["cat", "dog"]');
  assert.ok(checkpoint.warnings.includes("It carries code in 2 files, which is not run here"));
});

test("a package of several pickles lists them by their names", async () => {
  const bytes = await archive({
    ".data/0.storage": floats(1, 2),
    "x/one.pkl": new PyDict(["w", vector(storageId(0, 2), 2)]),
    "x/two.data": new PyDict(["v", vector(storageId(0, 2), 2)]),
    "x/readme.txt": "hello",
    "x/code.py": "print()",
    ".data/extern_modules": "torch\n",
    ".data/version": "6\n",
  });
  await using checkpoint = await openCheckpoint(bytes);
  assert.equal(checkpoint.format, "torch-package");
  assert.deepEqual([...checkpoint.tensors.keys()], ["x/one.pkl.w", "x/two.data.v"]);
  assert.deepEqual([...checkpoint.metadata], [["x/readme.txt", "hello"]]);
  assert.deepEqual(checkpoint.warnings, ["It carries code in 1 file, which is not run here"]);
});

test("an object that only a package's code can make stays what it is", async () => {
  const args = new PyTuple([
    "reduce_package",
    0,
    new PyGlobal("mymodule", "make"),
    new PyTuple([]),
  ]);
  const bytes = await archive({
    "x/one.pkl": new PyDict(["graph", new PyPersistent(args)]),
    ".data/extern_modules": "",
    ".data/version": "6\n",
  });
  await assert.rejects(openCheckpoint(bytes), { code: "refused" });
  await using checkpoint = await openCheckpoint(bytes, { inert: true });
  assert.equal(checkpoint.tensors.size, 0);
});

/** A list of tensors as torch.export writes it. */
function payload(path: string, dtype: number, sizes: number[], more = {}): unknown {
  const ints = (list: number[]) => list.map((value) => ({ as_int: value }));
  const strides = sizes.map((_, dim) => sizes.slice(dim + 1).reduce((a, b) => a * b, 1));
  const tensor_meta = {
    dtype,
    sizes: ints(sizes),
    strides: ints(strides),
    storage_offset: { as_int: 0 },
    requires_grad: true,
    layout: 7,
    ...more,
  };
  return { path_name: path, is_param: true, use_pickle: false, tensor_meta };
}

const exported = (config: unknown, records: Record<string, string | Uint8Array> = {}) =>
  archive({
    "data/weights/weight_0": floats(1, 2),
    "data/weights/m_weights_config.json": JSON.stringify({ config }),
    archive_format: "pt2",
    byteorder: "little",
    ...records,
  });

test("tied weights of an exported program share one storage", async () => {
  const config = { w: payload("weight_0", 7, [2]), tied: payload("weight_0", 7, [2, 1]) };
  await using checkpoint = await openCheckpoint(await exported(config));
  assert.equal(checkpoint.format, "torch-pt2");
  assert.equal(checkpoint.tensor("w").storage, checkpoint.tensor("tied").storage);
  assert.deepEqual((await checkpoint.tensor("tied").load()).toJS(), [[1], [2]]);
  assert.equal(checkpoint.tensor("w").parameter, true);
});

test("a weight of an exported program that was pickled is a file of its own", async () => {
  const inner = await archive({
    "data.pkl": vector(storageId("0", 2), 2),
    "data/0": floats(5, 6),
    version: "3\n",
  });
  const config = { w: { path_name: "weight_1", is_param: false, use_pickle: true } };
  const bytes = await exported(config, { "data/weights/weight_1": inner });
  await using checkpoint = await openCheckpoint(bytes);
  assert.deepEqual((await checkpoint.tensor("w").load()).toJS(), [5, 6]);
  assert.equal(checkpoint.tensor("w").storage!.id, "data/weights/weight_1/0");
  const evil = await archive({ "data.pkl": call("mymodule", "run"), version: "3\n" });
  const refused = await exported(config, { "data/weights/weight_1": evil });
  await assert.rejects(openCheckpoint(refused), { code: "refused" });
});

test("several exported programs are told apart by their names", async () => {
  const other = JSON.stringify({ config: { w: payload("weight_0", 7, [1]) } });
  const bytes = await exported({ w: payload("weight_0", 7, [2]) }, {
    "data/weights/n_weights_config.json": other,
  });
  await using checkpoint = await openCheckpoint(bytes);
  assert.deepEqual([...checkpoint.tensors.keys()], ["m.w", "n.w"]);
});

test("an exported program without an archive of its own holds its weights as files of torch.save", async () => {
  const file = (value: PyValue) =>
    archive({ "data.pkl": value, "data/0": floats(1, 2), version: "3\n" });
  const weights = await file(new PyDict(["w", vector(storageId("0", 2), 2)]));
  const constants = await file(new PyDict(["c", vector(storageId("0", 2), 2)]));
  // The names that torch.export.load looks for.
  const bytes = await archive({
    version: "8.0",
    "serialized_exported_program.json": "{}",
    "serialized_state_dict.pt": weights,
    "serialized_constants.pt": constants,
  }, "");
  await using checkpoint = await openCheckpoint(bytes);
  assert.equal(checkpoint.format, "torch-pt2");
  assert.deepEqual([...checkpoint.tensors.keys()], ["w"]);
  assert.deepEqual((await checkpoint.constants.get("c")!.load()).toJS(), [1, 2]);
});

test("lists of weights that contradict the archive are corrupt", async () => {
  const cases: [string, unknown][] = [
    ["no such record", payload("weight_9", 7, [2])],
    ["more elements than bytes", payload("weight_0", 7, [3])],
    ["no known dtype", payload("weight_0", 99, [2])],
    ["a size that is no number", payload("weight_0", 7, [2], { sizes: [{ as_expr: "s0" }] })],
    ["another layout", payload("weight_0", 7, [2], { layout: 1 })],
    ["no record at all", { is_param: true }],
  ];
  for (const [what, config] of cases) {
    await assert.rejects(
      openCheckpoint(await exported({ w: config })),
      { code: "corrupt" },
      what,
    );
  }
  await assert.rejects(openCheckpoint(await exported({}, { archive_format: "pt3" })), {
    code: "unsupported",
  });
});
