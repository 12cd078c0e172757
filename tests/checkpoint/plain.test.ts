import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dump, dumps, load, loads } from "../../src/checkpoint/plain.ts";
import { isStateDictError } from "../../src/errors.ts";
import { PyBytes, PyFloat, PyGlobal, PyObject, PyTuple } from "../../src/pickle/values.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { fixturesDir } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const bytesOf = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, "hex"));
const ascii = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (c) => c.charCodeAt(0));

const failsWith = (code: string, message?: RegExp) => (error: unknown): boolean =>
  isStateDictError(error) && error.code === code && (message?.test(error.message) ?? true);

/** What CPython 3.11 writes with protocol 4, and what it is in JavaScript. */
const PICKLES: readonly [python: string, hex: string, value: unknown][] = [
  ["None", "80044e2e", null],
  ["1", "80044b012e", 1],
  ["1.0", "8004950a00000000000000473ff00000000000002e", 1],
  ["2 ** 64", "8004950c000000000000008a090000000000000000012e", 2n ** 64n],
  ["'é'", "80049506000000000000008c02c3a9942e", "é"],
  [
    "b'\\x00\\xff'",
    "8004950600000000000000430200ff942e",
    new Uint8Array([0, 255]),
  ],
  ["[1, (2, 3)]", "8004950d000000000000005d94284b014b024b038694652e", [1, [
    2,
    3,
  ]]],
  ["{'a': True}", "80049509000000000000007d948c01619488732e", { a: true }],
  ["{1: 'x'}", "8004950a000000000000007d944b018c017894732e", new Map([[1, "x"]])],
  ["{1, 2}", "80049509000000000000008f94284b014b02902e", new Set([1, 2])],
];

for (const [python, hex, value] of PICKLES) {
  test(`loads() reads Python's ${python}`, () => {
    assert.deepEqual(loads(bytesOf(hex)), value);
  });
}

/** Values, and what CPython 3.11's `pickle.dumps(…, 4)` gives for their counterparts. */
const VALUES: readonly [python: string, value: unknown, hex: string][] = [
  ["None", undefined, "80044e2e"],
  ["1", 1, "80044b012e"],
  ["1.0", new PyFloat(1), "8004950a00000000000000473ff00000000000002e"],
  ["-0.0", -0, "8004950a000000000000004780000000000000002e"],
  ["2 ** 64", 2n ** 64n, "8004950c000000000000008a090000000000000000012e"],
  ["'é'", "é", "80049506000000000000008c02c3a9942e"],
  ["b'\\x00\\xff'", new Uint8Array([0, 255]), "8004950600000000000000430200ff942e"],
  ["[1, (2, 3)]", [1, new PyTuple([2, 3])], "8004950d000000000000005d94284b014b024b038694652e"],
  ["{'a': True}", { a: true }, "80049509000000000000007d948c01619488732e"],
  ["{1: 'x'}", new Map([[1, "x"]]), "8004950a000000000000007d944b018c017894732e"],
];

for (const [python, value, hex] of VALUES) {
  test(`dumps() writes ${python} as Python does`, () => {
    assert.equal(Buffer.from(dumps(value)).toString("hex"), hex);
  });
}

test("dumps() keeps what is shared and what holds itself", () => {
  const shared = { x: 1 };
  const loop: unknown[] = [shared, shared];
  loop.push(loop);
  const again = loads(dumps(loop)) as unknown[];
  assert.equal(again[0], again[1]);
  assert.equal(again[2], again);
});

test("dumps() takes values of any depth", () => {
  let deep: unknown = "end";
  for (let i = 0; i < 20_000; i++) deep = [deep];
  let again = loads(dumps(deep));
  for (let i = 0; i < 20_000; i++) again = (again as unknown[])[0];
  assert.equal(again, "end");
});

test("dumps() keeps keys that mean something in JavaScript", () => {
  const value = JSON.parse('{"__proto__": 1, "constructor": 2, "10": 3, "9": 4}');
  const again = loads(dumps(value)) as object;
  assert.deepEqual(Object.entries(again), Object.entries(value));
  assert.equal(Object.getPrototypeOf(again), Object.prototype);
});

test("dumps() refuses what Python has no counterpart of", () => {
  const refused: [unknown, RegExp][] = [
    [() => 1, /function/],
    [Symbol("s"), /symbol/],
    [{ date: new Date(0) }, /Date/],
    [[new Float64Array(1)], /Float64Array/],
    [new Map([[{}, 1]]), /can't be a key/],
    [new Set([[1]]), /can't be a member/],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => dumps(value), failsWith("usage", message));
  }
});

test("loads() gives numpy arrays as tensors, with their numbers at hand", () => {
  const pickle = dumps({ w: tensorFrom(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]) });
  const { w } = loads(pickle) as { w: Tensor };
  assert.ok(w instanceof Tensor);
  assert.deepEqual([w.isLoaded, w.dtype.name, w.toJS()], [true, "float32", [[1, 2, 3], [4, 5, 6]]]);
});

test("loads() refuses names outside the allowlist, each with its place", () => {
  // cos\nsystem\n(S'echo'\ntR. without the call's effect: nothing is run.
  const pickle = ascii("cos\nsystem\n(S'echo'\ntR.");
  assert.throws(
    () => loads(pickle),
    (error) => {
      assert.ok(isStateDictError(error) && error.code === "refused");
      assert.deepEqual(error.globals, [{ name: "os.system", offset: 0 }]);
      return true;
    },
  );
  assert.deepEqual(loads(pickle, { inert: true }), { $class: "os.system", "__args__.0": "echo" });
});

test("loads() allows names that the caller allows, with the caller's own reducer", () => {
  const point = new PyObject("newobj", new PyGlobal("mine", "Point"), new PyTuple([3, 4]));
  const pickle = dumps([point]);
  assert.throws(() => loads(pickle), failsWith("refused", /mine\.Point/));
  assert.deepEqual(loads(pickle, { allow: ["mine.Point"] }), [
    { $class: "mine.Point", "__args__.0": 3, "__args__.1": 4 },
  ]);
  const reduce = ({ args }: PyObject) => `at ${args.items.join()}`;
  assert.deepEqual(loads(pickle, { allow: [{ name: "mine.Point", reduce }] }), ["at 3,4"]);
});

test("loads() leaves bytes behind the pickle alone, and tells where a cut one ends", () => {
  assert.equal(loads(ascii("\x80\x02K\x07.garbage")), 7);
  assert.throws(
    () => loads(ascii("\x80\x04")),
    (error) => isStateDictError(error) && error.code === "truncated" && error.offset === 2,
  );
});

test("loads() takes buffers, encodings and limits", () => {
  const buffers = [new Uint8Array([5])];
  assert.deepEqual(loads(Uint8Array.from([0x80, 5, 0x97, 0x2e]), { buffers }), buffers[0]);
  assert.equal(loads(ascii("U\x01\xe9."), { encoding: "latin1" }), "é");
  assert.throws(() => loads(ascii("N."), { limits: { bytes: 1 } }), failsWith("limit"));
});

test("loads() sends a caller with joblib's arrays to load()", () => {
  const file = new Uint8Array(readFileSync(join(fixturesDir("arrays"), "jl-list.joblib")));
  assert.throws(() => loads(file), failsWith("unsupported", /joblib/));
});

test("loads() copies memory that other threads may change", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  shared.set([0x80, 2, 0x4e, 0x2e]);
  assert.equal(loads(shared), null);
});

test("load() reads a file with its arrays and its long byte strings", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "x.pkl");
    const long = new Uint8Array(100_000).fill(7);
    writeFileSync(
      path,
      dumps({ long, array: tensorFrom(new Int32Array(30_000).fill(9), [30_000]) }),
    );
    const value = await load(path) as { long: Uint8Array; array: Tensor };
    assert.deepEqual(value.long, long);
    assert.equal(value.array.isLoaded, true);
    assert.equal((value.array.data as Int32Array)[29_999], 9);
  });
});

test("load() reads joblib files", async () => {
  const value = await load(join(fixturesDir("arrays"), "jl-single-f64.joblib"));
  assert.ok(value instanceof Tensor && value.isLoaded);
});

test("dump() writes a file whole, and over another only if it is told to", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "x.pkl");
    await dump(path, [1], { protocol: 2 });
    assert.deepEqual([...readFileSync(path)], [0x80, 2, 0x5d, 0x71, 0, 0x4b, 1, 0x61, 0x2e]);
    await assert.rejects(dump(path, [2]), failsWith("exists"));
    await dump(path, [2], { force: true });
    assert.deepEqual(await load(path), [2]);
    await assert.rejects(dump(join(folder, "y.pkl"), [() => 1]), failsWith("usage"));
    await assert.rejects(load(join(folder, "y.pkl")), failsWith("not-found"));
  });
});

test("load() gives arrays of objects as nested arrays", async () => {
  // np.array([["a", 1], ["b", 2]], dtype=object), in column-major order in the file
  const { o2 } = await load(join(fixturesDir("arrays"), "jl-object.joblib")) as { o2: unknown };
  assert.deepEqual(o2, [["a", 1], ["b", 2]]);
});

test("dumps() writes bytes of Python's own kinds", () => {
  const kinds = [new PyBytes("bytearray", new Uint8Array([1]))];
  assert.deepEqual(loads(dumps(kinds, { protocol: 5 })), [new Uint8Array([1])]);
});
