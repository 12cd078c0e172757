import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { packedLimits } from "../../src/pickle/limits.ts";
import { zipSync } from "fflate";
import { runCli } from "../support/cli.ts";
import { measureCli } from "../support/peak.ts";
import { withoutProc } from "../support/proc.ts";
import { withScratch } from "../support/scratch.ts";

const slow = { timeout: 120_000 };

/** `depth` one-tuples, one in the other, in protocol 2. */
function nestedTuples(depth: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(depth + 4).fill(0x85);
  bytes.set([0x80, 2, 0x4e]);
  bytes[depth + 3] = 0x2e;
  return bytes;
}

test(
  "every way to look at a deep chain takes memory for its depth, not for its square",
  slow,
  () =>
    withScratch(async (folder) => {
      const file = join(folder, "deep.pkl");
      writeFileSync(file, nestedTuples(40_000));
      const { code, stderr } = await runCli(["inspect", file]);
      assert.equal(code, 3);
      assert.match(
        stderr,
        /in one another, more than the limit of 10000.*raise the limit: nesting/,
      );
      for (const options of [["--json"], ["--tree"], ["--values"]]) {
        const words = ["inspect", file, "--limit", "nesting=50000", ...options];
        const { code, stdout } = await runCli(words);
        assert.equal(code, 0);
        // 40,000 lines of 100 characters; the square would be 1.6 billion.
        assert.ok(stdout.length < 10_000_000, `${options}: ${stdout.length}`);
      }
    }),
);

test("the paths of a deep chain with a value in every link are a limit", slow, async () => {
  // [1, [1, [1, …]]]: for each list a path as long as all those above it.
  const depth = 20_000;
  const head = [0x80, 2, ...new Array<number[]>(depth).fill([0x5d, 0x28, 0x4b, 1]).flat(), 0x4e];
  const bytes = Uint8Array.from([...head, ...new Array<number>(depth).fill(0x65), 0x2e]);
  await using checkpoint = await openCheckpoint(bytes);
  assert.throws(() => [...checkpoint.outline()], { code: "limit" });
});

test("packedLimits() follow the packed size, unless the caller knows better", () => {
  assert.deepEqual(packedLimits(100), { bytes: 2 ** 20, opcodes: 2 ** 20 });
  assert.deepEqual(packedLimits(20_000), { bytes: 2_000_000, opcodes: 2_000_000 });
  assert.deepEqual(packedLimits(2 ** 30), { bytes: 2 ** 28, opcodes: 20_000_000 });
  assert.deepEqual(packedLimits(100, { bytes: 7 }), { bytes: 7, opcodes: 2 ** 20 });
});

test("a few packed bytes can't become millions of values", slow, async () => {
  const millions = new Uint8Array(3_000_000).fill(0x4e); // NONE after NONE
  millions.set([0x80, 2]);
  millions[millions.length - 1] = 0x2e;
  const packed = new Uint8Array(gzipSync(millions));
  assert.ok(packed.length < 4000);
  await assert.rejects(openCheckpoint(packed), { code: "limit" });
  await using opened = await openCheckpoint(packed, {
    limits: { bytes: 2 ** 28, opcodes: 2 ** 24 },
  });
  assert.equal(opened.value, null);
});

test("--limit raises what an error named", slow, () =>
  withScratch(async (folder) => {
    const file = join(folder, "packed.pkl.gz");
    const millions = new Uint8Array(3_000_000).fill(0x4e);
    millions.set([0x80, 2]);
    millions[millions.length - 1] = 0x2e;
    writeFileSync(file, gzipSync(millions));
    const refused = await runCli(["inspect", file]);
    assert.equal(refused.code, 3);
    assert.match(
      refused.stderr,
      /more than the limit of 1048576.* raise the limit: (bytes|opcodes)/,
    );
    const limits = ["--limit", "bytes=4000000", "--limit", "opcodes=4000000"];
    assert.equal((await runCli(["inspect", file, ...limits])).code, 0);
    const wrong = await runCli(["inspect", file, "--limit", "__proto__=1"]);
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, /"__proto__=1" sets no limit — write NAME=N; limits are bytes, /);
  }));

test(
  "a persistent id that doubles 40 times is told in bounded memory",
  slow,
  () =>
    withScratch(async (folder) => {
      const file = join(folder, "id.pkl");
      // DUP, TUPLE2 40 times, BINPERSID, STOP: a tuple of 2^40 leaves as an id.
      const doubled = new Array<number[]>(40).fill([0x32, 0x86]).flat();
      writeFileSync(file, Uint8Array.from([0x80, 2, 0x4b, 1, ...doubled, 0x51, 0x2e]));
      const { code, stdout } = await runCli(["inspect", file, "--json"]);
      assert.equal(code, 0);
      assert.match(stdout, /"\$persid".*"\$deep"/);
    }),
);

/** MEMOIZE five million times, which packs to 5 KB, as a checkpoint. */
function packedMemo(): Uint8Array {
  const pickle = new Uint8Array(5_000_000).fill(0x94);
  pickle.set([0x80, 4, 0x4e]);
  pickle[pickle.length - 1] = 0x2e;
  const ascii = new TextEncoder();
  return zipSync({ "a/data.pkl": pickle, "a/version": ascii.encode("3\n") });
}

const COMMANDS: readonly string[][] = [
  ["inspect"],
  ["inspect", "--values"],
  ["inspect", "--json", "--sha256"],
  ["inspect", "--stats"],
  ["verify"],
  ["scan"],
  ["dis"],
  ["hash"],
];

/**
 * MiB that a small file may take beyond what the command takes for a file of one value: 256 in all
 * in Deno and Bun, which take 64 and less for that; Node's reader of TypeScript takes more.
 */
const MOST = 192;

test(
  "no command takes 256 MiB for a file of 5 to 200 KB",
  { ...slow, skip: withoutProc },
  () =>
    withScratch(async (folder) => {
      const files: [name: string, bytes: Uint8Array][] = [
        ["deep.pkl", nestedTuples(9_000)],
        ["deeper.pkl", nestedTuples(200_000)],
        ["packed.pt", packedMemo()],
      ];
      for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
      const small = join(folder, "small.pkl");
      writeFileSync(small, nestedTuples(0));
      const output = join(folder, "out.json");
      for (const [command, ...options] of [...COMMANDS, ["convert", output, "--force"]]) {
        const measure = (file: string) => measureCli([command!, file, ...options]);
        const { peak: base } = await measure(small);
        for (const [name] of files) {
          const { code, peak } = await measure(join(folder, name));
          assert.ok(code !== null && code <= 3, `${command} ${name} ended with ${code}`);
          const words = `${command} ${options} of ${name}: ${peak} MiB`;
          assert.ok(base > 0 && peak - base < MOST, words);
        }
      }
    }),
);
