import assert from "node:assert/strict";
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import { wrapperKind } from "../../src/formats/joblib/classes.ts";
import { bytesSource } from "../../src/io/source.ts";
import { PyGlobal, PyObject, PyTuple } from "../../src/pickle/values.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const fixture = (name: string): string => join(fixturesDir("arrays"), name);
const read = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(fixture(name)));

const failsWith = (code: string, message?: RegExp) => (error: unknown): boolean =>
  isStateDictError(error) && error.code === code && (message?.test(error.message) ?? true);

const ascii = (text: string): Buffer => Buffer.from(text, "latin1");

interface Layout {
  readonly count: number;
  readonly alignment: string;
  readonly padding: Uint8Array;
  readonly data: Uint8Array;
}

/** `[array, 7]` in joblib's layout, protocol 2: a wrapper, its attributes, then what `layout` says. */
function dump({ count, alignment, padding, data }: Layout): Uint8Array<ArrayBuffer> {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(count);
  return new Uint8Array(Buffer.concat([
    ascii("\x80\x02](cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("),
    ascii("X\x08\0\0\0subclasscnumpy\nndarray\nX\x05\0\0\0shapeJ"),
    size,
    ascii(
      "\x85X\x05\0\0\0orderX\x01\0\0\0CX\x05\0\0\0dtypecnumpy\ndtype\nX\x02\0\0\0f4\x89\x88\x87R",
    ),
    ascii("(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"),
    ascii(alignment),
    ascii("ub"),
    padding,
    data,
    ascii("K\x07e."),
  ]));
}

const ALIGNED = "X\x1b\0\0\0numpy_array_alignment_bytesK\x10";
const ones = (count: number) => new Uint8Array(new Float32Array(count).fill(1).buffer);

test("joblib's arrays are listed without being read", async () => {
  const count = 2_000_000;
  const padding = new Uint8Array([3, 255, 255, 255]);
  const file = dump({ count, alignment: ALIGNED, padding, data: ones(count) });
  const source = countingSource(bytesSource(file));
  await using checkpoint = await openCheckpoint(source);
  assert.deepEqual([checkpoint.format, checkpoint.tensor("0").nbytes], ["joblib", 8e6]);
  assert.deepEqual((checkpoint.value as unknown[])[1], 7);
  const bytes = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(bytes < 140_000, `${bytes} bytes were read`);
  const numbers = (await checkpoint.tensor("0").load()).toJS() as number[];
  assert.deepEqual([numbers.length, numbers[0], numbers.at(-1)], [count, 1, 1]);
});

test("joblib's padding may be absent, None, or of any length that its byte says", async () => {
  const layouts: [string, string, number[]][] = [
    ["no attribute", "", []],
    ["None", "X\x1b\0\0\0numpy_array_alignment_bytesN", []],
    ["no padding", ALIGNED, [0]],
    ["16 bytes", ALIGNED, [16, ...new Array<number>(16).fill(255)]],
  ];
  for (const [what, alignment, padding] of layouts) {
    const file = dump({ count: 2, alignment, padding: Uint8Array.from(padding), data: ones(2) });
    await using checkpoint = await openCheckpoint(file);
    assert.deepEqual((await checkpoint.tensor("0").load()).toJS(), [1, 1], what);
  }
});

test("joblib's arrays that promise more than there is are cut", async () => {
  for (const count of [2 ** 31, 2 ** 32 - 1, 100]) {
    const file = dump({ count, alignment: ALIGNED, padding: new Uint8Array([0]), data: ones(2) });
    await assert.rejects(
      openCheckpoint(file),
      (error) => isStateDictError(error) && ["truncated", "corrupt"].includes(error.code),
    );
  }
});

test("joblib's wrappers with attributes missing are corrupt", async () => {
  const file = ascii("\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}b\x00\x00.");
  await assert.rejects(openCheckpoint(new Uint8Array(file)), failsWith("corrupt", /has no dtype/));
});

test("joblib's wrappers in a file that names other things are refused with those", async () => {
  const file = ascii("\x80\x02(cmine\nThing\ncjoblib.numpy_pickle\nNumpyArrayWrapper\nt.");
  await assert.rejects(openCheckpoint(new Uint8Array(file)), failsWith("refused", /mine\.Thing/));
});

test("arrays of joblib 0.9 are read from the files beside the pickle", async () => {
  await withScratch(async (folder) => {
    const name = "joblib_0.9.2_pickle_py27_np16.pkl";
    const path = join(folder, name);
    copyFileSync(fixture(name), path);
    // Without its companions: by name where it has a folder, and at all where it has none.
    await assert.rejects(openCheckpoint(path), failsWith("not-found"));
    await assert.rejects(openCheckpoint(read(name)), failsWith("unsupported", /_01\.npy/));
    for (const i of [1, 2, 3, 4]) copyFileSync(fixture(`${name}_0${i}.npy`), `${path}_0${i}.npy`);
    await using checkpoint = await openCheckpoint(path);
    // joblib's own test suite dumped [arange(5, int64), arange(5, float64), an object array, …].
    assert.deepEqual((await checkpoint.tensor("0").load()).toJS(), [0, 1, 2, 3, 4]);
    assert.equal(checkpoint.tensor("1").dtype.name, "float64");
    assert.deepEqual(checkpoint.shards.map((shard) => shard.format), ["npy", "npy", "npy", "npy"]);
  });
});

test("arrays of joblib 0.9 are read from no other folder", async () => {
  for (const name of ["../x.npy", "/etc/passwd", "a/b.npy", "..", "a\\b", "c:x"]) {
    await withScratch(async (folder) => {
      const path = join(folder, "x.pkl");
      const wrapper = "\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(U\x08filename" +
        `U${String.fromCharCode(name.length)}${name}U\x08subclasscnumpy\nndarray\nub.`;
      writeFileSync(path, ascii(wrapper));
      await assert.rejects(openCheckpoint(path), failsWith("refused", /no plain file name/), name);
    });
  }
});

test("compressed arrays of joblib 0.9 are checked against their shape", async () => {
  await withScratch(async (folder) => {
    const name = "jo-zf-companions.gz";
    const path = join(folder, name);
    copyFileSync(fixture(name), path);
    const companions = [1, 2, 3].map((i) => `${name}_0${i}.npy.z`);
    for (const companion of companions) copyFileSync(fixture(companion), join(folder, companion));
    {
      await using checkpoint = await openCheckpoint(path);
      assert.deepEqual([checkpoint.format, checkpoint.compression], ["joblib", "zlib"]);
      for (const tensor of checkpoint.tensors.values()) await tensor.load();
    }
    // A ZF container says its length in 19 characters; this one holds a byte too few or too much.
    const [first] = companions;
    await using checkpoint = await openCheckpoint(path);
    const [tensor] = checkpoint.tensors.values();
    for (const length of [tensor!.nbytes - 1, tensor!.nbytes + 1]) {
      const header = `ZF${`0x${length.toString(16)}`.padEnd(19)}`;
      writeFileSync(
        join(folder, first!),
        Buffer.concat([
          ascii(header),
          deflateSync(Buffer.alloc(length)),
        ]),
      );
      await using changed = await openCheckpoint(path);
      const [array] = changed.tensors.values();
      await assert.rejects(array!.load(), failsWith("corrupt", new RegExp(`file with ${length}`)));
    }
  });
});

test("a packed joblib file that is cut is no whole one", async () => {
  await withScratch(async (folder) => {
    for (const name of ["jl-zlib3.joblib", "jl-gzip3.joblib", "jl-xz3.joblib", "jl-lz43.joblib"]) {
      const path = join(folder, name);
      copyFileSync(fixture(name), path);
      truncateSync(path, read(name).length - 1);
      await assert.rejects(
        openCheckpoint(path),
        (error) => isStateDictError(error) && ["truncated", "corrupt"].includes(error.code),
        name,
      );
    }
  });
});

test("bytes behind a packed stream are told of", async () => {
  const file = new Uint8Array(Buffer.concat([read("jl-zlib3.joblib"), Buffer.alloc(5, 0x41)]));
  await using checkpoint = await openCheckpoint(file);
  assert.deepEqual(checkpoint.warnings, ["5 bytes stand behind the compressed stream"]);
});

test("a file that is packed twice is not unpacked twice", async () => {
  const file = new Uint8Array(deflateSync(read("jl-zlib3.joblib")));
  await assert.rejects(openCheckpoint(file), failsWith("unsupported", /compressed twice/));
});

test("a packed file may be of any format", async () => {
  const file = new Uint8Array(deflateSync(read("np-f8.npy")));
  await using plain = await openCheckpoint(read("np-f8.npy"));
  await using packed = await openCheckpoint(file);
  assert.deepEqual([packed.format, packed.compression], ["npy", "zlib"]);
  const [a, b] = [plain.tensor(""), packed.tensor("")];
  assert.deepEqual((await b.load()).bytes(), (await a.load()).bytes());
});

test("wrapperKind() knows the classes of joblib and of its copy in scikit-learn", () => {
  const made = (module: string, name: string) =>
    new PyObject("newobj", new PyGlobal(module, name), new PyTuple([]));
  const rebuilt = new PyObject(
    "reduce",
    new PyGlobal("copyreg", "_reconstructor"),
    new PyTuple([
      new PyGlobal("joblib.numpy_pickle", "NumpyArrayWrapper"),
      new PyGlobal("builtins", "object"),
      null,
    ]),
  );
  assert.equal(wrapperKind(made("joblib.numpy_pickle", "NumpyArrayWrapper")), "NumpyArrayWrapper");
  assert.equal(
    wrapperKind(made("sklearn.externals.joblib.numpy_pickle", "NDArrayWrapper")),
    "NDArrayWrapper",
  );
  assert.equal(wrapperKind(rebuilt), "NumpyArrayWrapper");
  assert.equal(wrapperKind(made("joblib.numpy_pickle", "load")), undefined);
  assert.equal(wrapperKind(made("mine", "NumpyArrayWrapper")), undefined);
});

// Written with copyreg and a state of two dicts; joblib 1.6 loads it as array([1, 2, 3]).
const TWO_PARTS =
  "gANjY29weXJlZwpfcmVjb25zdHJ1Y3RvcgpxAGNqb2JsaWIubnVtcHlfcGlja2xlCk51bXB5QXJyYXlX" +
  "cmFwcGVyCnEBY2J1aWx0aW5zCm9iamVjdApxAk6HcQNScQR9cQUoWAgAAABzdWJjbGFzc3EGY251bXB5" +
  "Cm5kYXJyYXkKcQdYBQAAAHNoYXBlcQhLA4VxCXV9cQooWAUAAABvcmRlcnELWAEAAABDcQxYBQAAAGR0" +
  "eXBlcQ1jbnVtcHkKZHR5cGUKcQ5YAgAAAGk4cQ+JiIdxEFJxEShLA1gBAAAAPHESTk5OSv////9K////" +
  "/0sAdHETYlgKAAAAYWxsb3dfbW1hcHEUiXWGcRViAQAAAAAAAAACAAAAAAAAAAMAAAAAAAAALg==";

test("a wrapper whose state has two parts has the attributes of both", async () => {
  await using checkpoint = await openCheckpoint(new Uint8Array(Buffer.from(TWO_PARTS, "base64")));
  const tensor = await checkpoint.tensor("").load();
  assert.deepEqual(tensor.toJS(), [1, 2, 3]);
});
