import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/source.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { memorySink } from "../../src/io/sink.ts";
import { saveStateDict } from "../../src/checkpoint/save.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);

/** An archive of 8 MiB of weights. */
async function largeArchive(): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  const tensors = new Map(
    [...Array(8).keys()].map((i) =>
      [`layer.${i}`, tensorFrom(new Float32Array(2 ** 18), [512, 512])] as const
    ),
  );
  await saveStateDict(sink, tensors, { format: "pt" });
  return sink.bytes();
}

test("openCheckpoint() reads the directory and the pickle, and no weights", async () => {
  const source = countingSource(bytesSource(await largeArchive()));
  await using checkpoint = await openCheckpoint(source);
  assert.equal(checkpoint.tensors.size, 8);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < 100_000, `${read} bytes were read`);
});

test("a lazy tensor reads its own bytes and no others", async () => {
  const source = countingSource(bytesSource(await largeArchive()));
  await using checkpoint = await openCheckpoint(source);
  const tensor = checkpoint.tensor("layer.3");
  const before = source.reads.length;
  await tensor.load();
  const read = source.reads.slice(before).reduce((sum, { length }) => sum + length, 0);
  // The local header is looked at to find the data.
  assert.ok(read >= 2 ** 20 && read < 2 ** 20 + 1000, `${read} bytes were read`);
});

test("openCheckpoint() gives values as JavaScript has them", async () => {
  await using checkpoint = await openCheckpoint(fixture("checkpoint.pt"));
  const value = checkpoint.toJS() as Record<string, unknown>;
  // As the manifest of the fixture says.
  assert.equal(value.epoch, 3);
  assert.ok(checkpoint.value instanceof PyDict);
});

test("a checkpoint tells of a tensor that isn't there", async () => {
  await using checkpoint = await openCheckpoint(fixture("checkpoint.pt"));
  assert.throws(() => checkpoint.tensor("nope"), { code: "no-tensor" });
});

test("openCheckpoint() names what a file is that is no model", async () => {
  const cases: [string | Uint8Array, string, RegExp][] = [
    ["", "truncated", /empty/],
    [
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
      "unrecognized",
      /LFS/,
    ],
    ["<!DOCTYPE html><html><body>Log in</body></html>", "unrecognized", /web page/],
    ["GGUF\x03\0\0\0", "unrecognized", /GGUF/],
    [Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), "unrecognized", /HDF5/],
    [Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), "unrecognized", /7z/],
    ["Rar!\x1a\x07\x00", "unrecognized", /RAR/],
  ];
  for (const [content, code, message] of cases) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await assert.rejects(openCheckpoint(bytes), (error) => {
      assert.ok(isStateDictError(error), String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(error.hint);
      return true;
    });
  }
});

test("openCheckpoint() says that a file is cut short", async () => {
  const bytes = new Uint8Array(readFileSync(fixture("checkpoint.pt")));
  assert.equal(bytes.length, statSync(fixture("checkpoint.pt")).size);
  await assert.rejects(openCheckpoint(bytes.subarray(0, 4000)), { code: "truncated" });
});

test("openCheckpoint() gives back the file when it fails", async () => {
  const source = countingSource(bytesSource(new Uint8Array(100)));
  await assert.rejects(openCheckpoint(source));
  assert.equal(source.closed, true);
});
