import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256Hex, tensorSha256 } from "../../src/tensor/hash.ts";
import { bytesStorage } from "../../src/tensor/memory.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { bytesOf, type } from "./patterns.ts";

// FIPS 180-4's examples.
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/** Runs with another `process`, as a browser has none. */
async function withoutProcess<T>(run: () => Promise<T>): Promise<T> {
  const described = Object.getOwnPropertyDescriptor(globalThis, "process")!;
  Object.defineProperty(globalThis, "process", { value: undefined, configurable: true });
  try {
    return await run();
  } finally {
    Object.defineProperty(globalThis, "process", described);
  }
}

test("sha256Hex() hashes blocks as one", async () => {
  assert.equal(await sha256Hex([]), EMPTY);
  assert.equal(await sha256Hex([Uint8Array.of(97), Uint8Array.of(98, 99)]), ABC);
});

test("sha256Hex() does without node:crypto", async () => {
  const reused = new Uint8Array(1);
  function* blocks(): Generator<Uint8Array> {
    for (const byte of [97, 98, 99]) {
      reused[0] = byte;
      yield reused;
    }
  }
  assert.equal(await withoutProcess(() => sha256Hex(blocks())), ABC);
});

test("tensorSha256() hashes the meant elements", async () => {
  // hashlib.sha256(numpy.array([[1, 3], [2, 4]], "<f4").tobytes())
  const tensor = new Tensor({
    dtype: type("float32"),
    shape: [2, 2],
    stride: [1, 2],
    storage: bytesStorage(bytesOf(new Float32Array([1, 2, 3, 4]))),
  });
  assert.equal(
    await tensorSha256(tensor),
    "e3016490e6a9ec8d5797c7b5ec17a4746720e71e73e9b14b0b705307e13275c1",
  );
});
