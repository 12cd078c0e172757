import assert from "node:assert/strict";
import {
  copyFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { digestCheckpoint } from "../../src/checkpoint/digest.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { verifyCheckpoint } from "../../src/checkpoint/verify.ts";
import { isStateDictError } from "../../src/errors.ts";
import { scanFolder } from "../../src/scan/folder.ts";
import { fixturesDir } from "../support/corpus.ts";
import { openFilesIn, withoutProc } from "../support/proc.ts";
import { withScratch } from "../support/scratch.ts";

const slow = { timeout: 120_000 };
const linux = { ...slow, skip: withoutProc };

/** Files of a folder that this process holds open. */
const held = (folder: string) => openFilesIn(realpathSync(folder), process.pid);

const refuse = (error: unknown) => {
  if (!isStateDictError(error)) throw error;
};

test("a file that is open is counted as one", linux, async () => {
  const folder = fixturesDir("torch");
  await using checkpoint = await openCheckpoint(join(folder, "checkpoint.pt"));
  assert.equal(held(folder), 1, checkpoint.path);
});

test("no file stays open, be it whole, broken or refused", linux, async () => {
  for (const folder of [fixturesDir("arrays"), fixturesDir("torch")]) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      await openCheckpoint(path).then((checkpoint) => checkpoint.close(), refuse);
    }
    assert.equal(held(folder), 0);
  }
});

test("no file stays open after a scan of a folder", linux, async () => {
  const folder = fixturesDir("arrays");
  for await (const report of scanFolder(folder)) assert.ok(report);
  assert.equal(held(folder), 0);
});

test("no file stays open where the caller leaves or stops early", linux, async () => {
  const folder = fixturesDir("torch");
  const path = join(folder, "checkpoint.pt");
  const checkpoint = await openCheckpoint(path);
  for (const tensor of checkpoint.tensors.values()) {
    for await (const block of tensor.chunks({ blockBytes: 16 })) if (block) break;
  }
  await checkpoint.close();
  const other = await openCheckpoint(path);
  const signal = AbortSignal.abort();
  const stopped = Array.fromAsync(verifyCheckpoint(other, { signal }));
  await assert.rejects(stopped, { code: "aborted" });
  await other.close();
  await assert.rejects(openCheckpoint(path, { signal }), { code: "aborted" });
  assert.equal(held(folder), 0);
});

test(
  "a file that shrinks while it is open is an error that names it",
  slow,
  () =>
    withScratch(async (folder) => {
      const path = join(folder, "model.pt");
      copyFileSync(join(fixturesDir("torch"), "checkpoint.pt"), path);
      await using checkpoint = await openCheckpoint(path);
      const last = [...checkpoint.tensors.values()].at(-1)!;
      truncateSync(path, 2000);
      await assert.rejects(last.load(), { code: "truncated", path });
    }),
);

test(
  "a file that is written over while it is open is found out by its checksums",
  slow,
  () =>
    withScratch(async (folder) => {
      const path = join(folder, "model.pt");
      copyFileSync(join(fixturesDir("torch"), "checkpoint.pt"), path);
      await using checkpoint = await openCheckpoint(path);
      writeFileSync(path, new Uint8Array(checkpoint.size).fill(7));
      const [first] = checkpoint.tensors.values();
      await assert.rejects(first!.load(), { code: "corrupt", path });
    }),
);

test(
  "a file that is replaced while it is open stays the old one",
  slow,
  () =>
    withScratch(async (folder) => {
      const path = join(folder, "model.safetensors");
      const original = join(fixturesDir("arrays"), "st-basic.safetensors");
      copyFileSync(original, path);
      await using checkpoint = await openCheckpoint(path);
      const other = join(folder, "other.safetensors");
      writeFileSync(other, new Uint8Array(checkpoint.size));
      renameSync(other, path);
      await using before = await openCheckpoint(original);
      const { all } = await digestCheckpoint(checkpoint);
      assert.equal(all, (await digestCheckpoint(before)).all);
    }),
);
