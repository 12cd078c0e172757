import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import { secondHand } from "../../src/cli/second_hand.ts";
import { readZipDirectory } from "../../src/zip/directory.ts";
import { memberRange } from "../../src/zip/member.ts";
import { openFile } from "../../src/io/file.ts";
import { runCli } from "../support/cli.ts";
import { withScratch } from "../support/scratch.ts";

const slow = { timeout: 120_000 };
const io = { limits: {} };

/** Eight tensors of 40 MiB, each of one byte eight times over: together they are worth a thread. */
const SIZE = 40 * 2 ** 20;
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Sparse, and so all zeros, but for the first byte of each tensor, which is its number. */
function bigSafetensors(folder: string): string {
  const file = join(folder, "big.safetensors");
  const entries = NAMES.map((name, i) => {
    const data_offsets = [i * SIZE, (i + 1) * SIZE];
    return [name, { dtype: "U8", shape: [SIZE], data_offsets }] as const;
  });
  const header = JSON.stringify(Object.fromEntries(entries));
  const head = Buffer.alloc(8 + header.length);
  head.writeBigUInt64LE(BigInt(header.length));
  head.write(header, 8);
  writeFileSync(file, head);
  truncateSync(file, head.length + NAMES.length * SIZE);
  const handle = openSync(file, "r+");
  NAMES.forEach((_, i) => writeSync(handle, Uint8Array.of(i), 0, 1, head.length + i * SIZE));
  closeSync(handle);
  return file;
}

function digestOf(first: number): string {
  const bytes = new Uint8Array(SIZE);
  bytes[0] = first;
  return createHash("sha256").update(bytes).digest("hex");
}

test(
  "digests and statistics come from two threads as from one",
  slow,
  () =>
    withScratch(async (folder) => {
      const file = bigSafetensors(folder);
      const { code, stdout } = await runCli(["inspect", file, "--json", "--sha256", "--stats"]);
      assert.equal(code, 0);
      const { tensors } = JSON.parse(stdout) as {
        tensors: { name: string; sha256: string; stats: { max: number; zeros: number } }[];
      };
      assert.deepEqual(tensors.map(({ name }) => name), NAMES);
      for (const [i, { sha256, stats }] of tensors.entries()) {
        assert.equal(sha256, digestOf(i));
        assert.deepEqual([stats.max, stats.zeros], [i, i === 0 ? SIZE : SIZE - 1]);
      }
      const hashed = await runCli(["hash", file]);
      const lines = hashed.stdout.split("\n").slice(0, NAMES.length);
      assert.deepEqual(lines, tensors.map(({ name, sha256 }) => `${sha256}  ${name}`));
    }),
);

test("verify finds what is damaged at both ends", slow, () =>
  withScratch(async (folder) => {
    const file = join(folder, "big.pt");
    await using plain = await openCheckpoint(bigSafetensors(folder));
    await saveCheckpoint(file, plain);
    assert.equal((await runCli(["verify", file])).code, 0);
    const source = await openFile(file);
    const directory = await readZipDirectory(source);
    const handle = openSync(file, "r+");
    for (const key of ["0", "7"]) {
      const entry = directory.entries.find(({ name }) => name.endsWith(`/data/${key}`))!;
      const { offset } = await memberRange(directory, entry);
      writeSync(handle, Uint8Array.of(99), 0, 1, offset + SIZE - 1);
    }
    closeSync(handle);
    await source.close();
    const { code, stdout } = await runCli(["verify", file]);
    assert.equal(code, 1);
    const damaged = stdout.split("\n").filter((line) => line.startsWith("damaged"));
    assert.deepEqual(damaged.map((line) => line.split(/[ :]+/)[1]), ["a", "h"]);
  }));

test(
  "the second hand answers for what it has begun with, and for nothing else",
  slow,
  () =>
    withScratch(async (folder) => {
      const file = bigSafetensors(folder);
      await using checkpoint = await openCheckpoint(file);
      const hand = await secondHand(checkpoint, { file, io, asked: ["sha256"] });
      try {
        const [first, last] = [checkpoint.tensor("a"), checkpoint.tensor("h")];
        assert.equal(await hand.answers(first), undefined);
        while (hand.begun === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        // It has begun with the last one.
        assert.deepEqual(await hand.answers(last), { sha256: digestOf(7) });
      } finally {
        hand.end();
      }
    }),
);

test(
  "a second hand that can't open the file leaves all of it to the first",
  slow,
  () =>
    withScratch(async (folder) => {
      const file = bigSafetensors(folder);
      await using checkpoint = await openCheckpoint(file);
      const hand = await secondHand(checkpoint, { file: `${file}.gone`, io, asked: ["verify"] });
      for (const tensor of checkpoint.tensors.values()) {
        assert.equal(await hand.answers(tensor), undefined);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      hand.end();
    }),
);

test("what is small, packed or piped has no second hand", slow, async () => {
  const file = "fixtures/torch/checkpoint.pt";
  await using checkpoint = await openCheckpoint(file);
  const hand = await secondHand(checkpoint, { file, io, asked: ["stats"] });
  assert.equal(await hand.answers([...checkpoint.tensors.values()][0]!), undefined);
  hand.end();
});
