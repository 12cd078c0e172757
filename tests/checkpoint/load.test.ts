import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { isStateDictError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/source.ts";
import { fixturesDir } from "../support/corpus.ts";

const path = join(fixturesDir("torch"), "checkpoint.pt");
const fixture = (name: string) => join(fixturesDir("torch"), name);

/** What torch.load gives for model.fc1.bias of the fixture, printed with full precision. */
const FC1_BIAS = [
  0.11449722200632095,
  0.3879694938659668,
  0.2686476409435272,
  -0.3710556924343109,
  -0.3874344527721405,
];

test("loadStateDict() names tensors in the file's order, with dots", async () => {
  const names = [...(await loadStateDict(path)).keys()];
  assert.deepEqual(names.slice(0, 3), ["model.fc1.weight", "model.fc1.bias", "model.bn.weight"]);
  assert.equal(names.length, 27);
});

test("loadStateDict() gives PyTorch's numbers", async () => {
  const weights = await loadStateDict(path);
  const bias = weights.get("model.fc1.bias")!;
  assert.equal(bias.dtype.name, "float32");
  assert.deepEqual(bias.data, Float32Array.from(FC1_BIAS));
  assert.deepEqual(bias.toJS(), FC1_BIAS);
});

test("loadStateDict() takes a sub-tree by its path", async () => {
  const weights = await loadStateDict(path, { root: "model" });
  assert.equal(weights.size, 9);
  assert.deepEqual(weights.get("fc1.bias")!.toJS(), FC1_BIAS);
});

test("loadStateDict() tells the roots there are if there is no such one", async () => {
  await assert.rejects(loadStateDict(path, { root: "modle" }), (error) => {
    assert.ok(isStateDictError(error));
    assert.equal(error.code, "no-value");
    assert.match(error.hint!, /model/);
    return true;
  });
});

test("loadStateDict() takes bytes, a Blob, a buffer, a URL and a source", async () => {
  const bytes = new Uint8Array(readFileSync(path));
  const inputs = [bytes, new Blob([bytes]), bytes.buffer, pathToFileURL(path), bytesSource(bytes)];
  for (const input of inputs) {
    const weights = await loadStateDict(input, { root: "model" });
    assert.deepEqual(weights.get("fc1.bias")!.toJS(), FC1_BIAS);
  }
});

test("loadStateDict() keeps tied tensors tied", async () => {
  const weights = await loadStateDict(fixture("tied.pt"));
  const storages = new Set([...weights.values()].map((tensor) => tensor.storage));
  assert.ok(storages.size < weights.size);
});

test("loadStateDict() refuses a file that names a class, with the name and its offset", async () => {
  await assert.rejects(loadStateDict(fixture("module_linear.pt")), (error) => {
    assert.ok(isStateDictError(error));
    assert.equal(error.code, "refused");
    assert.deepEqual(error.globals.map(({ name }) => name), ["torch.nn.modules.linear.Linear"]);
    assert.ok(error.globals[0]!.offset >= 0);
    assert.match(error.hint!, /allow/);
    return true;
  });
});

test("loadStateDict() takes a class that the caller allows", async () => {
  const allow = ["torch.nn.modules.linear.Linear"];
  const weights = await loadStateDict(fixture("module_linear.pt"), { allow });
  assert.deepEqual([...weights.keys()], ["_parameters.weight", "_parameters.bias"]);
});

test("loadStateDict() stops when its signal fires", async () => {
  await assert.rejects(loadStateDict(path, { signal: AbortSignal.abort() }), {
    code: "aborted",
  });
});
