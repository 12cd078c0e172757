import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { saveStateDict } from "../../src/checkpoint/save.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { launchCli, runCli, runProgram } from "../support/cli.ts";
import { inRepo } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const slow = { timeout: 120_000 };

const sleep = (pause: number) => new Promise((resolve) => setTimeout(resolve, pause));

/** Every format that is written, by its ending. */
const OUTPUTS = ["pt", "safetensors", "json", "pkl", "joblib", "npz", "raw"];

const SOURCE = inRepo("fixtures", "torch", "state_dict.pt");

function mayWrite(folder: string): boolean {
  try {
    writeFileSync(join(folder, "probe"), "");
    return true;
  } catch {
    return false;
  }
}

/** A checkpoint that takes a moment to write: 24 MiB of numbers that don't compress. */
async function largeFile(folder: string): Promise<string> {
  const path = join(folder, "large.pt");
  const numbers = Float32Array.from({ length: 2 ** 20 }, (_, i) => Math.sin(i * i));
  const tensors = new Map(
    ["a", "b", "c", "d", "e", "f"].map((name) => [name, tensorFrom(numbers, [2 ** 20])]),
  );
  await saveStateDict(path, tensors);
  return path;
}

for (const ending of OUTPUTS) {
  test(
    `a killed convert to ${ending} leaves the old file`,
    slow,
    () =>
      withScratch(async (folder) => {
        const large = await largeFile(folder);
        const output = join(folder, `out.${ending}`);
        writeFileSync(output, "old");
        for (const pause of [60, 130, 250]) {
          const child = spawn(...launchCli(["convert", large, output, "--force", "-q"]));
          const ended = new Promise((resolve) => child.on("close", resolve));
          await sleep(pause);
          child.kill("SIGKILL");
          await ended;
          const now = readFileSync(output);
          if (String(now.subarray(0, 4)) === "old") continue;
          // It was quicker: then all of it is there.
          if (ending !== "raw") assert.equal((await runCli(["verify", output])).code, 0);
        }
        // What was left hidden beside it goes with the next write, once it is surely nobody's.
        const left = () => readdirSync(folder).filter((name) => name.endsWith(".tmp"));
        for (const name of left()) utimesSync(join(folder, name), 1, 1);
        assert.equal((await runCli(["convert", SOURCE, output, "--force", "-q"])).code, 0);
        assert.deepEqual(left(), []);
      }),
  );
}

test(
  "an interrupted convert cleans up and exits with 130",
  slow,
  () =>
    withScratch(async (folder) => {
      const large = await largeFile(folder);
      const output = join(folder, "out.joblib");
      for (const pause of [0, 20, 60]) {
        const child = spawn(...launchCli(["convert", large, output, "-q", "--compress", "zlib"]));
        const ended = new Promise((resolve) => child.on("close", resolve));
        while (!readdirSync(folder).some((name) => name.endsWith(".tmp"))) await sleep(2);
        await sleep(pause);
        // Not child.kill: after it Deno reports no exit status.
        process.kill(child.pid!, "SIGINT");
        assert.equal(await ended, 130);
        assert.deepEqual(readdirSync(folder), ["large.pt"]);
      }
    }),
);

test(
  "an interrupted convert to shards leaves all of them or none",
  slow,
  () =>
    withScratch(async (folder) => {
      const large = await largeFile(folder);
      const output = join(folder, "out.pt");
      const args = ["convert", large, output, "-q", "--force", "--max-shard-size", "5MB"];
      for (const pause of [0, 10, 20, 40, 80]) {
        const child = spawn(...launchCli(args));
        let running = true;
        const ended = new Promise<void>((resolve) =>
          child.on("close", () => {
            running = false;
            resolve();
          })
        );
        while (running && !readdirSync(folder).some((name) => name.startsWith(".out"))) {
          await sleep(2);
        }
        await sleep(pause);
        try {
          process.kill(child.pid!, "SIGINT");
        } catch (error) {
          assert.equal((error as { code?: string }).code, "ESRCH"); // it was quicker
        }
        await ended;
        const there = readdirSync(folder).filter((name) => name !== "large.pt");
        // Six tensors of 4 MiB in as many files, and the index.
        assert.ok(there.length === 0 || there.length === 7, there.join());
        for (const name of there) rmSync(join(folder, name));
      }
    }),
);

test(
  "convert loses nothing where the output is one of the inputs",
  slow,
  () =>
    withScratch(async (folder) => {
      const own = join(folder, "model.pt");
      writeFileSync(own, readFileSync(SOURCE));
      const refused = await runCli(["convert", own, own]);
      assert.deepEqual([refused.code, refused.stderr.split("\n").length], [2, 2]);
      assert.deepEqual(readFileSync(own), readFileSync(SOURCE));
      // Replacing a file by itself is fine: it is read until the new one is whole.
      assert.equal((await runCli(["convert", own, own, "--force", "--drop", "fc1.*"])).code, 0);
      const { stdout } = await runCli(["inspect", own]);
      assert.match(stdout, /^7 tensors/m);
    }),
);

test(
  "convert loses nothing where the output is one of the input's shards",
  slow,
  () =>
    withScratch(async (folder) => {
      const shards = inRepo("fixtures", "torch", "hf_safetensors");
      for (const name of readdirSync(shards)) {
        writeFileSync(join(folder, name), readFileSync(join(shards, name)));
      }
      const shard = join(folder, "model-00002-of-00003.safetensors");
      const before = readFileSync(shard);
      const index = join(folder, "model.safetensors.index.json");
      const again = join(folder, "model.safetensors");
      const tries = [[folder, shard], [index, shard], [folder, index], [index, index], [
        folder,
        again,
        "--max-shard-size",
        "200",
      ]];
      for (const words of tries) {
        const result = await runCli(["convert", ...words, "--force", "--add-prefix", "x."]);
        assert.equal(result.code, 2);
        assert.match(
          result.stderr,
          /^statedict: .*one of the files that the input is made of.*\n$/,
        );
      }
      assert.deepEqual(readFileSync(shard), before);
      assert.deepEqual(readdirSync(folder).sort(), readdirSync(shards).sort());
      // A file that is none of them may be replaced, beside them too.
      for (const force of [[], ["--force"]]) {
        const { code, stderr } = await runCli(["convert", folder, again, ...force]);
        assert.equal(code, 0, stderr);
      }
    }),
);

test(
  "convert says what is wrong with the folder or the disk, and leaves nothing",
  slow,
  () =>
    withScratch(async (folder) => {
      const missing = await runCli(["convert", SOURCE, join(folder, "no", "out.pt")]);
      assert.equal(missing.code, 3);
      assert.match(missing.stderr, /^statedict: .*There is no such folder to write in.*\n$/);
      const closed = join(folder, "closed");
      mkdirSync(closed);
      chmodSync(closed, 0o500);
      const denied = await runCli(["convert", SOURCE, join(closed, "out.pt")]);
      // The superuser may write everywhere.
      if (mayWrite(closed)) assert.equal(denied.code, 0);
      else assert.match(denied.stderr, /^statedict: .*Permission denied.*\n$/);
      chmodSync(closed, 0o700);
    }),
);

for (const ending of OUTPUTS) {
  test(
    `convert to ${ending} leaves the old file where the disk takes no more`,
    slow,
    () =>
      withScratch(async (folder) => {
        const large = await largeFile(folder);
        const output = join(folder, `out.${ending}`);
        writeFileSync(output, "old");
        const [program, words] = launchCli(["convert", large, output, "--force"]);
        // Without the signal, a write beyond 1 MiB is an error like that of a full disk.
        const limited = 'trap \'\' XFSZ; ulimit -f 1024; exec "$0" "$@"';
        const { code, stderr } = await runProgram("bash", ["-c", limited, program, ...words]);
        assert.equal(code, 3);
        assert.match(
          stderr,
          /^statedict: .*out\.\w+: The file system takes no file as large as this\n$/,
        );
        assert.equal(readFileSync(output, "utf8"), "old");
        assert.deepEqual(readdirSync(folder).sort(), ["large.pt", `out.${ending}`].sort());
      }),
  );
}
