import assert from "node:assert/strict";
import { test } from "node:test";
import { tensorStats } from "../../src/tensor/stats.ts";
import type { TensorStats } from "../../src/tensor/stats.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { bytesOf, mix, type } from "./patterns.ts";

/** Statistics of a tensor over an array. */
function stats(dtype: string, array: ArrayBufferView, more = {}): Promise<TensorStats | null> {
  const found = type(dtype);
  const shape = [array.byteLength / found.itemsize];
  const storage = bytesStorage(bytesOf(array));
  return tensorStats(new Tensor({ dtype: found, shape, storage, ...more }));
}

/** Whether two numbers agree to a few of the last bits. */
function near(actual: number | null | undefined, wanted: number): void {
  assert.ok(Math.abs(actual! - wanted) <= 1e-12 * Math.abs(wanted), `${actual} for ${wanted}`);
}

// min, max, mean and std are numpy 2.4's in double precision, from truth.py.
test("tensorStats() agrees with numpy over many blocks", async () => {
  const floats = Float32Array.from(mix(100_000), (word) => word / 2 ** 32 * 3 - 1);
  const single = await stats("float32", floats);
  assert.deepEqual([single?.min, single?.max], [-0.999996542930603, 1.9999667406082153]);
  near(single?.mean, 0.499923374011796);
  near(single?.std, 0.8660201562297634);
  const integers = await stats("int32", mix(70_000));
  assert.deepEqual([integers?.min, integers?.max], [-2147454839, 2147459802]);
  near(integers?.mean, 47341.56102857143);
  near(integers?.std, 1239851089.6250384);
});

test("tensorStats() counts what isn't finite and leaves it out", async () => {
  const values = new Float64Array([1, NaN, 3, Infinity, -Infinity, 0, -0, NaN]);
  // numpy.std([1, 3, 0, 0]) is 1.224744871391589
  assert.deepEqual(await stats("float64", values), {
    min: 0,
    max: 3,
    mean: 1,
    std: 1.224744871391589,
    nan: 2,
    inf: 2,
    zeros: 2,
  });
});

test("tensorStats() keeps the spread of numbers far from zero", async () => {
  // 100,000 times 1e9 and 1e9 + 2: the mean is 1e9 + 1, the deviation 1.
  const values = Float64Array.from({ length: 200_000 }, (_, i) => 1e9 + 2 * (i % 2));
  const { mean, std } = (await stats("float64", values))!;
  near(mean, 1e9 + 1);
  near(std, 1);
});

test("tensorStats() averages numbers whose sum is beyond a double", async () => {
  const { mean } = (await stats("float64", new Float64Array([1.5e308, 1.5e308])))!;
  near(mean, 1.5e308);
});

test("tensorStats() of nothing, and of only NaN, has no numbers", async () => {
  const none = { min: null, max: null, mean: null, std: null, inf: 0, zeros: 0 };
  assert.deepEqual(await stats("float32", new Float32Array(0)), { ...none, nan: 0 });
  assert.deepEqual(await stats("float32", new Float32Array([NaN])), { ...none, nan: 1 });
});

test("tensorStats() takes every real type", async () => {
  const summary = async (dtype: string, array: ArrayBufferView, more = {}) => {
    const found = (await stats(dtype, array, more))!;
    return [found.min, found.max, found.mean, found.zeros];
  };
  assert.deepEqual(await summary("bool", Uint8Array.of(1, 0, 1, 0)), [0, 1, 0.5, 2]);
  assert.deepEqual(await summary("uint8", Uint8Array.of(255, 1)), [1, 255, 128, 0]);
  assert.deepEqual(await summary("bfloat16", new Uint16Array([0x3f80, 0xbf80])), [-1, 1, 0, 0]);
  assert.deepEqual(await summary("int64", new BigInt64Array([-3n, 5n])), [-3, 5, 1, 0]);
  assert.deepEqual(await summary("float4_e2m1fn_x2", Uint8Array.of(0x72)), [1, 6, 3.5, 0]);
  const details = new Map([["scale", 0.5], ["zero_point", 1]]);
  const more = { layout: "quantized", details };
  assert.deepEqual(await summary("qint8", Int8Array.of(1, 5), more), [0, 2, 1, 1]);
});

test("tensorStats() is null for what has no order", async () => {
  assert.equal(await stats("complex64", new Float32Array(4)), null);
  assert.equal(await stats("bits8", new Uint8Array(4)), null);
  assert.equal(await tensorStats(new Tensor({ dtype: type("float32"), shape: [2] })), null);
});
