import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { saveCheckpoint, saveStateDict } from "../../src/checkpoint/save.ts";
import { isStateDictError } from "../../src/errors.ts";
import { memorySink } from "../../src/io/sink.ts";
import { copyTensor } from "../../src/tensor/derive.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { fixturesDir } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);

test("saveStateDict() writes a program's own numbers, in order", async () => {
  const sink = memorySink();
  const tensors = new Map([
    ["b", tensorFrom(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3])],
    ["a", tensorFrom(new BigInt64Array([7n]), [])],
    ["h", tensorFrom(new Uint16Array([0x3f80, 0xc000]), [2], "bfloat16")],
  ]);
  await saveStateDict(sink, tensors, { format: "pt" });
  const read = await loadStateDict(sink.bytes());
  assert.deepEqual([...read.keys()], ["b", "a", "h"]);
  assert.deepEqual(read.get("b")!.toJS(), [[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(read.get("a")!.toJS(), 7);
  // bfloat16 is the upper half of a float32: 0x3f80 is 1, 0xc000 is -2.
  assert.deepEqual(read.get("h")!.toJS(), [1, -2]);
});

test("saveCheckpoint() tells of its progress, and leaves nothing when its signal fires", async () => {
  await withScratch(async (folder) => {
    const numbers = new Float32Array(2 ** 20);
    // A view that isn't contiguous is gathered; a cast, a plain copy and a deflated one are others.
    const wide = tensorFrom(numbers, [1024, 1024]);
    const across = copyTensor(wide, { stride: [1, 1024] });
    const tensors = new Map([["wide", wide], ["across", across]]);
    for (const name of ["a.pt", "a.safetensors", "a.npz", "a.joblib", "a.json", "a.pkl", "a.raw"]) {
      const path = join(folder, name);
      const stop = new AbortController();
      let told = 0;
      const progress = (bytes: number) => {
        told += bytes;
        stop.abort(new Error("enough"));
      };
      const compress = name === "a.npz" ? { compress: "deflate" } : {};
      const saving = saveStateDict(path, tensors, { ...compress, progress, signal: stop.signal });
      await assert.rejects(saving, { code: "aborted" }, name);
      assert.ok(told > 0 && told < 2 ** 23, `${told} of ${name}`);
      assert.deepEqual(readdirSync(folder), [], name);
    }
    // A time limit has its turn too, though nothing of the work leaves the program's own turn.
    const limit = AbortSignal.timeout(150);
    const again = async () => {
      for (;;) await saveStateDict(memorySink(), tensors, { format: "pt", signal: limit });
    };
    await assert.rejects(again(), { code: "aborted" });
  });
});

test("saveCheckpoint() keeps tied storages tied and views as they were", async () => {
  await using checkpoint = await openCheckpoint(fixture("tied_views.pt"));
  const sink = memorySink();
  await saveCheckpoint(sink, checkpoint, { format: "pt" });
  const before = [...checkpoint.tensors.values()];
  const after = [...(await loadStateDict(sink.bytes())).values()];
  assert.deepEqual(
    after.map(({ stride, offset }) => [stride, offset]),
    before.map(({ stride, offset }) => [stride, offset]),
  );
  const groups = (tensors: typeof before) => {
    const order = [...new Set(tensors.map(({ storage }) => storage))];
    return tensors.map(({ storage }) => order.indexOf(storage));
  };
  assert.deepEqual(groups(after), groups(before));
});

test("saveCheckpoint() doesn't replace a file unless it is told to", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "model.pt");
    writeFileSync(path, "precious");
    const tensors = new Map([["w", tensorFrom(new Float32Array([1]), [1])]]);
    await assert.rejects(saveStateDict(path, tensors), { code: "exists" });
    assert.equal(readFileSync(path, "utf8"), "precious");
    await saveStateDict(path, tensors, { force: true });
    assert.deepEqual((await loadStateDict(path)).get("w")!.toJS(), [1]);
    assert.deepEqual(readdirSync(folder), ["model.pt"]);
  });
});

test("saveCheckpoint() leaves no file behind when the input turns out damaged", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "model.pt");
    await using checkpoint = await openCheckpoint(fixture("corrupt/flip_data.pt"));
    await assert.rejects(saveCheckpoint(path, checkpoint), { code: "corrupt" });
    assert.equal(existsSync(path), false);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test("saveCheckpoint() says which formats there are", async () => {
  await assert.rejects(saveStateDict("model.xyz", new Map()), (error) => {
    assert.ok(isStateDictError(error));
    assert.equal(error.code, "usage");
    assert.match(error.hint!, /\bpt\b/);
    return true;
  });
});
