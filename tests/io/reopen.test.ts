import assert from "node:assert/strict";
import { test } from "node:test";
import { isStateDictError } from "../../src/errors.ts";
import { reopening } from "../../src/io/reopen.ts";
import { bytesSource, readBytes } from "../../src/io/source.ts";
import { countingSource } from "../support/counting_source.ts";
import type { CountingSource } from "../support/counting_source.ts";

test("reopening() has the file open only while it reads", async () => {
  const opened: CountingSource[] = [];
  const source = await reopening(() => {
    opened.push(countingSource(bytesSource(new Uint8Array([1, 2, 3]))));
    return Promise.resolve(opened.at(-1)!);
  });
  assert.equal(source.size, 3);
  assert.deepEqual(await readBytes(source, 1, 2), new Uint8Array([2, 3]));
  await assert.rejects(readBytes(source, 2, 2));
  await assert.rejects(source.read(2, new Uint8Array(2)));
  assert.deepEqual(opened.map(({ closed }) => closed), [true, true, true]);
});

test("reopening() notices a file that has changed", async () => {
  let size = 3;
  const source = await reopening(() => Promise.resolve(bytesSource(new Uint8Array(size))));
  size = 4;
  await assert.rejects(
    readBytes(source, 0, 1),
    (error) => isStateDictError(error) && error.code === "io" && /has 4 now/.test(error.message),
  );
});
