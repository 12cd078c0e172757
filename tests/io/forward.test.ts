import assert from "node:assert/strict";
import { test } from "node:test";
import { StateDictError } from "../../src/errors.ts";
import { forwardSource } from "../../src/io/forward.ts";
import type { ByteSource } from "../../src/io/source.ts";

/** The bytes 0, 1, 2 … in pieces of `step`, and a record of what was asked for. */
function counted(size: number, step: number, atEnd?: () => void) {
  const bytes = Uint8Array.from({ length: size }, (_, i) => i);
  const log: string[] = [];
  const source = forwardSource({
    size,
    name: "counted",
    async *pieces() {
      log.push("run");
      const shared = new Uint8Array(step);
      for (let at = 0; at < size; at += step) {
        const part = bytes.subarray(at, at + step);
        shared.fill(0xee);
        shared.set(part);
        log.push(`piece ${at}`);
        yield await Promise.resolve(shared.subarray(0, part.length));
      }
      atEnd?.();
      log.push("end");
    },
    whole() {
      log.push("whole");
      return Promise.resolve(bytes);
    },
  });
  return { source, log };
}

async function take(source: ByteSource, offset: number, length: number): Promise<number[]> {
  const target = new Uint8Array(length);
  await source.read(offset, target);
  return [...target];
}

test("forwardSource() shares one run among reads that go forward", async () => {
  const { source, log } = counted(10, 4);
  assert.deepEqual(await take(source, 1, 2), [1, 2]);
  assert.deepEqual(await take(source, 3, 3), [3, 4, 5]);
  assert.deepEqual(log, ["run", "piece 0", "piece 4"]);
  assert.deepEqual(await take(source, 9, 1), [9]);
  assert.deepEqual(log, ["run", "piece 0", "piece 4", "piece 8", "end"]);
});

test("forwardSource() makes everything at once when a read goes back, and lets it go", async () => {
  const { source, log } = counted(10, 4);
  await take(source, 6, 2);
  assert.deepEqual(await take(source, 0, 2), [0, 1]);
  assert.deepEqual(await take(source, 4, 2), [4, 5]);
  assert.deepEqual(await take(source, 8, 2), [8, 9]);
  assert.deepEqual(log, ["run", "piece 0", "piece 4", "whole"]);
  assert.deepEqual(await take(source, 0, 1), [0]);
  assert.deepEqual(log.slice(4), ["run", "piece 0"]);
});

test("forwardSource() tells at the last byte what only the end shows", async () => {
  const { source } = counted(10, 4, () => {
    throw new StateDictError("corrupt", "The checksum is wrong");
  });
  assert.deepEqual(await take(source, 0, 9), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  await assert.rejects(take(source, 9, 1), { code: "corrupt" });
  assert.deepEqual(await take(source, 0, 1), [0]);
});

test("forwardSource() lets reads at the same time take turns", async () => {
  const { source, log } = counted(10, 3);
  const parts = await Promise.all([take(source, 0, 4), take(source, 4, 4), take(source, 8, 2)]);
  assert.deepEqual(parts, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assert.equal(log.filter((line) => line === "run").length, 1);
});

test("forwardSource() refuses reads beyond its end, and bytes that end before", async () => {
  const { source } = counted(10, 3);
  await assert.rejects(take(source, 8, 3), { code: "truncated" });
  const short = forwardSource({
    size: 10,
    name: "short",
    async *pieces() {
      yield await Promise.resolve(new Uint8Array(4));
    },
    whole: () => Promise.resolve(new Uint8Array(4)),
  });
  await assert.rejects(take(short, 2, 5), { code: "truncated", offset: 4 });
});
