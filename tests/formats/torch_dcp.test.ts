import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Checkpoint } from "../../src/checkpoint/checkpoint.ts";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { openFolder } from "../../src/formats/open.ts";
import { bytesSource } from "../../src/io/source.ts";
import { PyGlobal, PyObject, PyTuple } from "../../src/pickle/values.ts";
import { countingSource } from "../support/counting_source.ts";
import type { CountingSource } from "../support/counting_source.ts";
import { fixturesDir, inRepo } from "../support/corpus.ts";
import { writeDcp } from "../support/dcp_folder.ts";
import type { MadeItem } from "../support/dcp_folder.ts";
import { floatStorage, vector } from "../support/legacy_file.ts";
import { withScratch } from "../support/scratch.ts";

const SHARDED = join(fixturesDir("torch"), "dcp_sharded");
const RANKS = inRepo("fixtures", "distributed", "ranks");

/** Opens a folder's files in memory, and counts what is read of them. */
async function openCounted(folder: string) {
  const sources = new Map<string, CountingSource>();
  const names = readdirSync(folder).sort();
  const opened = await openFolder({
    path: folder,
    names,
    // deno-lint-ignore require-await -- as the interface has it
    async open(name) {
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      const source = countingSource(bytesSource(bytes, name));
      sources.set(name, source);
      return source;
    },
  }, {});
  return { checkpoint: new Checkpoint(opened, 0, folder), sources };
}

/** Runs `use` with a copy of a folder that may be changed. */
async function withCopy(folder: string, use: (copy: string) => Promise<void>): Promise<void> {
  await withScratch(async (scratch) => {
    const copy = join(scratch, "copy");
    cpSync(folder, copy, { recursive: true });
    await use(copy);
  });
}

/** Puts other bytes of the same length into a file. */
function patch(path: string, from: string, to: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(from);
  assert.ok(at >= 0 && from.length === to.length);
  bytes.write(to, at);
  writeFileSync(path, bytes);
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** The item of a float32 tensor of one dimension. */
const made = (...values: number[]): MadeItem => madeOf(floats(...values));

function madeOf(data: Uint8Array<ArrayBuffer>): MadeItem {
  const numel = data.length / 4;
  return { value: vector(floatStorage("0", numel), numel), sizes: [numel], data };
}

test("opening a distributed checkpoint reads its catalogue and small values, no tensor", async () => {
  await withScratch(async (folder) => {
    const numel = 2 ** 20;
    await writeDcp(folder, { n: { value: 5 }, w: madeOf(new Uint8Array(numel * 4)) });
    const { checkpoint, sources } = await openCounted(folder);
    assert.deepEqual(checkpoint.tensor("w").shape, [numel]);
    const { reads } = sources.get("__0_0.distcp")!;
    assert.deepEqual(reads, [{ offset: 0, length: 64 * 1024 }]); // a block of reading ahead
    await checkpoint.close();
    assert.ok([...sources.values()].every((source) => source.closed));
  });
});

test("a tensor is put together from the files that hold blocks of it", async () => {
  const { checkpoint, sources } = await openCounted(SHARDED);
  for (const source of sources.values()) source.reads.length = 0;
  const one = await checkpoint.tensor("plain").load();
  assert.equal(one.numel, 2);
  assert.deepEqual(sources.get("__0_0.distcp")!.reads, []);
  const half = await checkpoint.tensor("model.half").load();
  assert.deepEqual(half.shape, [7, 2, 2]);
  assert.notDeepEqual(sources.get("__0_0.distcp")!.reads, []);
  await checkpoint.close();
});

test("a tensor in columns is the same in parts as in one piece", async () => {
  await using checkpoint = await openCheckpoint(SHARDED);
  const tensor = checkpoint.tensor("model.cols");
  const parts: number[] = [];
  for await (const part of tensor.chunks({ blockBytes: 8 })) parts.push(...part);
  assert.deepEqual(parts, [...(await tensor.load()).bytes()]);
});

test("catalogues of single processes are joined", async () => {
  const weights = await loadStateDict(RANKS);
  // torch.arange(15).view(5, 3), of which one process held three rows, and torch.arange(4).
  assert.deepEqual(weights.get("rows")!.toJS(), [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
    [9, 10, 11],
    [12, 13, 14],
  ]);
  assert.deepEqual(weights.get("repl")!.toJS(), [0, 1, 2, 3]);
  await using checkpoint = await openCheckpoint(RANKS);
  assert.equal(checkpoint.warnings.length, 1);
  assert.match(checkpoint.warnings[0]!, /^Of 2 values that several processes wrote /);
});

test("a catalogue of one process alone lacks the rows of the other", async () => {
  await withCopy(RANKS, async (copy) => {
    renameSync(join(copy, "__0.metadata"), join(copy, ".metadata"));
    await assert.rejects(openCheckpoint(copy), {
      code: "corrupt",
      message: 'The blocks of "rows" cover 9 of its 15 elements',
    });
  });
});

test("a catalogue that leads out of its folder is refused", async () => {
  await withCopy(SHARDED, async (copy) => {
    patch(join(copy, ".metadata"), "__1_0.distcp", "../../a.dist");
    await assert.rejects(openCheckpoint(copy), { code: "refused" });
  });
});

const unknown = new PyObject("reduce", new PyGlobal("mymodule", "run"), new PyTuple([]));

test("a strict load refuses what a value of a distributed checkpoint names", async () => {
  await withScratch(async (folder) => {
    await writeDcp(folder, { w: made(1, 2), run: { value: unknown } });
    await assert.rejects(openCheckpoint(folder), { code: "refused", member: "archive/data.pkl" });
    await using checkpoint = await openCheckpoint(folder, { inert: true });
    assert.deepEqual((await checkpoint.tensor("w").load()).toJS(), [1, 2]);
    assert.deepEqual(checkpoint.shards[0]!.globals.map((use) => use.name), ["mymodule.run"]);
  });
});

test("a block of a tensor that names anything else is refused when it is opened", async () => {
  await withScratch(async (folder) => {
    await writeDcp(folder, { w: { ...made(1, 2), value: unknown } });
    await using checkpoint = await openCheckpoint(folder, { inert: true });
    await assert.rejects(checkpoint.tensor("w").load(), {
      code: "refused",
      message: 'A block of "w" names mymodule.run',
    });
  });
});

test("an item that went through filters is unsupported", async () => {
  await withScratch(async (folder) => {
    await writeDcp(folder, { w: { ...made(1), place: ["transform_descriptors", ["zstd"]] } });
    await assert.rejects(openCheckpoint(folder), { code: "unsupported" });
    await writeDcp(folder, { w: { ...made(1), place: ["transform_descriptors", []] } });
    await (await openCheckpoint(folder)).close();
  });
});

test("a block that is another tensor than the catalogue says is corrupt", async () => {
  await withCopy(SHARDED, async (copy) => {
    // Both have 1577 bytes in the file; one has 3 x 3 elements, the other 2 x 3.
    const { offset, length } = { offset: 1577, length: 1577 };
    const path = join(copy, "__0_0.distcp");
    const bytes = readFileSync(path);
    bytes.copyWithin(0, offset, offset + length);
    writeFileSync(path, bytes);
    await using checkpoint = await openCheckpoint(copy);
    await assert.rejects(checkpoint.tensor("model.rows").load(), {
      code: "corrupt",
      message: 'A block of "model.rows" is another tensor than the catalogue says',
    });
    assert.equal((await checkpoint.tensor("model.cols").load()).numel, 12);
  });
});

test("a flipped byte of a block is found by the checksum of its item", async () => {
  await withScratch(async (folder) => {
    await writeDcp(folder, { w: made(1, 2, 3) });
    const path = join(folder, "__0_0.distcp");
    const bytes = readFileSync(path);
    bytes[bytes.indexOf(floats(1, 2, 3)) + 5]! ^= 1;
    writeFileSync(path, bytes);
    await using checkpoint = await openCheckpoint(folder);
    await assert.rejects(checkpoint.tensor("w").load(), { code: "corrupt", message: /CRC-32/ });
  });
});

test("a block that doesn't lie row by row is read as the tensor has it", async () => {
  await withScratch(async (folder) => {
    const { value, data } = made(1, 2, 3, 4);
    const { args } = value as PyObject;
    args.items[2] = new PyTuple([2, 2]);
    args.items[3] = new PyTuple([1, 2]);
    await writeDcp(folder, { w: { value, sizes: [2, 2], data: data! } });
    await using checkpoint = await openCheckpoint(folder);
    const tensor = await checkpoint.tensor("w").load();
    assert.deepEqual(tensor.stride, [2, 1]);
    assert.deepEqual(tensor.toJS(), [[1, 3], [2, 4]]);
  });
});
