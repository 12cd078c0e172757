import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { saveStateDict } from "../../src/checkpoint/save.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { launchCli, runProgram } from "../support/cli.ts";
import { withScratch } from "../support/scratch.ts";

const script = fileURLToPath(new URL("term_program.ts", import.meta.url));
const launch = "Deno" in globalThis
  ? [process.execPath, "run", "--no-prompt", "-R", script]
  : [process.execPath, script];
const [program, ...before] = launch as [string, ...string[]];
const plain = { NO_COLOR: undefined, FORCE_COLOR: undefined };
const slow = { timeout: 60_000 };
const onWindows = process.platform === "win32" ? "needs a POSIX shell and signals" : false;

function run(args: string[], env: Record<string, string | undefined> = {}) {
  return runProgram(program, [...before, ...args], { env: { ...plain, ...env } });
}

test("openTerminal() gives the words, both streams and what is known of them", slow, async () => {
  const { code, stdout, stderr } = await run(["facts", "a b", "--", "--c", "é"]);
  assert.deepEqual([code, stderr], [1, "noted"]);
  assert.deepEqual(JSON.parse(stdout), {
    words: ["a b", "--c", "é"],
    out: false,
    err: false,
    columns: 100,
    color: false,
  });
});

test("openTerminal() reads FORCE_COLOR and NO_COLOR without asking", slow, async () => {
  const forced = await run(["facts"], { FORCE_COLOR: "1" });
  assert.equal(JSON.parse(forced.stdout).color, true);
  const both = await run(["facts"], { FORCE_COLOR: "1", NO_COLOR: "1" });
  assert.equal(JSON.parse(both.stdout).color, false);
});

test("openTerminal() writes all of a long output", slow, async () => {
  const { code, bytes } = await run(["flood", "--lines", "100000"]);
  assert.deepEqual([code, bytes.length], [0, 10_100_000]);
});

test(
  "openTerminal() ends quietly when its reader goes away",
  { ...slow, skip: onWindows },
  async () => {
    const line = `"$@" flood --lines 100000 | head -c 5; echo " \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await runProgram("bash", ["-c", line, "bash", ...launch]);
    assert.deepEqual([stdout, stderr], ["01234 0\n", ""]);
  },
);

test(
  "openTerminal() waits for a slow reader",
  { ...slow, skip: onWindows },
  async () => {
    const reader = "sleep 1; wc -c";
    const line = `"$@" flood --lines 20000 | { ${reader}; }`;
    const { stdout, stderr } = await runProgram("bash", ["-c", line, "bash", ...launch]);
    assert.deepEqual([stdout.trim(), stderr], ["2020000", ""]);
  },
);

const withoutPerl = onWindows || (spawnSync("perl", ["-v"]).status === 0 ? false : "no perl");

/** Runs the words behind it with a standard output that doesn't block. */
const UNBLOCKED =
  `use Fcntl; fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK) or die; exec @ARGV or die`;

test(
  "a standard output that doesn't block gets all of it, or an error",
  { ...slow, skip: withoutPerl },
  async () => {
    const pipe = `perl -e '${UNBLOCKED}' "$@" | { sleep 2; wc -c; }; echo "\${PIPESTATUS[0]}"`;
    const piped = async (words: readonly string[]) => {
      const { stdout, stderr } = await runProgram("bash", ["-c", pipe, "bash", ...words]);
      const [bytes, status] = stdout.trim().split(/\s+/).map(Number);
      return { bytes: bytes!, status, stderr };
    };
    await withScratch(async (scratch) => {
      const file = join(scratch, "many.pt");
      const tensor = tensorFrom(new Float32Array(1), [1]);
      const names = Array.from({ length: 3000 }, (_, i) => `layers.${i}.weight`);
      await saveStateDict(file, new Map(names.map((name) => [name, tensor])));
      const [cli, words] = launchCli(["inspect", file]);
      const listing = await runProgram(cli, words);
      assert.ok(listing.bytes.length > 100_000);
      const runs = [
        [2_020_000, await piped([...launch, "flood", "--lines", "20000"])],
        [listing.bytes.length, await piped([cli, ...words])],
      ] as const;
      for (const [length, { bytes, status, stderr }] of runs) {
        if (!("Deno" in globalThis)) assert.deepEqual([bytes, status, stderr], [length, 0, ""]);
        else {
          // Deno doesn't say how much of it has been written: it can't be gone on with.
          assert.ok(bytes < length && status === 3, `${bytes} bytes, ${status}`);
          assert.match(stderr, /^statedict: The system won't wait for the reader of the output — /);
        }
      }
    });
  },
);

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  test(
    `onSignal() cleans up on ${signal} and ends with ${status}`,
    { ...slow, skip: onWindows },
    async () => {
      const child = spawn(program, [...before, "wait"], { stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      child.stdout.on("data", (chunk: Uint8Array) => output += new TextDecoder().decode(chunk));
      // Not child.kill: after it Deno reports no exit status.
      child.stderr.on("data", () => process.kill(child.pid!, signal));
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.deepEqual([code, output], [status, "cleaned up\n"]);
    },
  );
}
