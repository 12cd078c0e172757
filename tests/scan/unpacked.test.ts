import assert from "node:assert/strict";
import { test } from "node:test";
import { StateDictError } from "../../src/errors.ts";
import { readBytes } from "../../src/io/source.ts";
import { Budget } from "../../src/scan/budget.ts";
import { replaySource } from "../../src/scan/replay.ts";
import { unpackStream, WHOLE } from "../../src/scan/unpacked.ts";

/** A stream of numbered bytes, in one and the same piece of memory, that counts how often it begins. */
function numbers(size: number, piece = 1000) {
  const stream = {
    runs: 0,
    async *pieces(): AsyncGenerator<Uint8Array, void> {
      stream.runs++;
      const memory = new Uint8Array(piece);
      for (let at = 0; at < size; at += piece) {
        const length = Math.min(piece, size - at);
        for (let i = 0; i < length; i++) memory[i] = (at + i) % 251;
        yield memory.subarray(0, length);
        memory.fill(255);
      }
    },
  };
  return stream;
}

async function byteAt(source: Parameters<typeof readBytes>[0], at: number): Promise<number> {
  return (await readBytes(source, at, 1))[0]!;
}

test("replaySource() goes forward in one run, and far back in another", async () => {
  const size = 12_000_000;
  const stream = numbers(size, 100_000);
  const source = replaySource({ size, name: "s", pieces: stream.pieces });
  assert.equal(await byteAt(source, 5), 5);
  assert.equal(await byteAt(source, 9_000_000), 9_000_000 % 251);
  assert.equal(await byteAt(source, size - 1), (size - 1) % 251);
  assert.equal(await byteAt(source, 7), 7); // the beginning is kept
  assert.equal(await byteAt(source, size - 2_000_000), (size - 2_000_000) % 251); // and the end
  assert.equal(stream.runs, 1);
  assert.equal(await byteAt(source, 5_000_000), 5_000_000 % 251);
  assert.equal(stream.runs, 2);
  const across = await readBytes(source, 5_990_000, 2_500_000);
  assert.ok(across.every((byte, i) => byte === (5_990_000 + i) % 251));
  await assert.rejects(readBytes(source, size - 1, 2), { code: "truncated" });
  await source.close();
});

test("replaySource() says when the stream is shorter than it should be", async () => {
  const source = replaySource({ size: 500, name: "s", pieces: numbers(400).pieces });
  await assert.rejects(readBytes(source, 0, 500), {
    code: "truncated",
    message: /400, not at 500/,
  });
});

test("unpackStream() keeps what comes before a break", async () => {
  const pieces = async function* () {
    yield* numbers(1500).pieces();
    throw new StateDictError("corrupt", "It is damaged");
  };
  const { bytes, error } = await unpackStream(new Budget(100), "s", pieces);
  assert.equal(error?.code, "corrupt");
  assert.equal(bytes.size, 1500);
  assert.equal(await byteAt(bytes, 1499), 1499 % 251);
});

test("unpackStream() stops where the limit is, and unpacks long streams again", async () => {
  const limited = await unpackStream(new Budget(100), "s", numbers(10_000).pieces, 4500);
  assert.equal(limited.error?.code, "limit");
  assert.equal(limited.bytes.size, 4000);
  const stream = numbers(WHOLE + 5, 2 ** 20);
  const { bytes, error } = await unpackStream(new Budget(100), "s", stream.pieces);
  assert.equal(error, undefined);
  assert.equal(bytes.size, WHOLE + 5);
  assert.equal(bytes.view, undefined);
  // The end has been seen; to see the beginning takes another run.
  assert.equal(await byteAt(bytes, WHOLE + 4), (WHOLE + 4) % 251);
  assert.equal(stream.runs, 1);
  assert.equal(await byteAt(bytes, 1000), 1000 % 251);
  assert.equal(stream.runs, 2);
});

test("Budget counts what is unpacked against the file's size", () => {
  const budget = new Budget(100, { unpacked: 1000 });
  budget.unpack(1000);
  assert.throws(() => budget.unpack(1), { code: "limit", message: /1000 bytes were unpacked/ });
  // 512 MiB and 64 times the file.
  assert.throws(() => new Budget(100).unpack(2 ** 29 + 6401), { code: "limit" });
  new Budget(100).unpack(2 ** 29 + 6400);
});

test("Budget ends the scan when the time is up, or the caller stops it", () => {
  assert.throws(() => new Budget(1, { seconds: 0 }).checkTime(), { code: "limit" });
  const stopped = AbortSignal.abort();
  assert.throws(() => new Budget(1, {}, stopped).member(), { code: "aborted" });
});
