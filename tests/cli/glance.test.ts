import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { glanceText } from "../../src/cli/glance.ts";
import { makeIo } from "../../src/cli/io.ts";
import { listCheckpoint } from "../../src/cli/listing.ts";
import { isStateDictError } from "../../src/errors.ts";
import { glanceTorch } from "../../src/formats/torch/glance.ts";
import { runCli } from "../support/cli.ts";
import { corpusDir, fixturesDir, inRepo } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";
import { fakeTerminal } from "./fake_terminal.ts";

/** The quick answer; undefined if there is none. */
async function quick(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const file = {
    size: bytes.length,
    // deno-lint-ignore require-await -- the interface is asynchronous
    async read(offset: number, length: number) {
      if (offset + length > bytes.length) throw new RangeError("The file has become shorter");
      return bytes.slice(offset, offset + length);
    },
    close() {},
  };
  const found = await glanceTorch(file).catch((error) => {
    // What `glance` takes for "let the others look".
    assert.ok(error instanceof RangeError || error instanceof TypeError, String(error));
    return undefined;
  });
  return found && glanceText("file", { ...found, size: bytes.length }, {});
}

/** What `inspect` prints by the long way, or the error. */
async function whole(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const terminal = fakeTerminal();
  const io = makeIo(terminal, { quiet: false, debug: false, color: undefined });
  const options = { keep: () => true, tree: false, values: false, stats: false, sha256: false };
  try {
    await using checkpoint = await openCheckpoint(bytes, { inert: true });
    await listCheckpoint("file", checkpoint, options, io);
    io.flush();
    return terminal.out;
  } catch (error) {
    if (isStateDictError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

const load = (path: string) => new Uint8Array(readFileSync(path));

/** Larger files of the corpora are bombs, which the long way takes its time to refuse. */
const LARGEST = 2 ** 20;

const folders = [
  corpusDir("torch") ?? fixturesDir("torch"),
  corpusDir("arrays") ?? fixturesDir("arrays"),
  ...[corpusDir("hostile") ?? []].flat(),
];

for (const folder of folders) {
  test(`glance() tells what inspect tells, or nothing: ${folder.split("/").at(-1)}`, {
    timeout: 120_000,
  }, async () => {
    for (const path of filesBelow(folder)) {
      if (statSync(path).size > LARGEST) continue;
      const bytes = load(path);
      const answer = await quick(bytes);
      if (answer !== undefined) assert.equal(answer, await whole(bytes), path);
    }
  });
}

const PLAIN = ["ckpt_sgd.pth", "tied_views.pt", "lightning.ckpt"];

test("glance() answers for plain checkpoints", async () => {
  for (const name of PLAIN) assert.ok(await quick(load(inRepo("fixtures", "torch", name))), name);
});

test("glance() tells what inspect tells of damaged files too, or nothing", {
  timeout: 120_000,
}, async () => {
  let seed = 20261125;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
  let answered = 0;
  for (const name of PLAIN) {
    const original = load(inRepo("fixtures", "torch", name));
    for (let i = 0; i < 1000; i++) {
      const bytes = original.slice();
      for (let change = random(3); change >= 0; change--) bytes[random(bytes.length)] = random(256);
      const answer = await quick(bytes);
      if (answer === undefined) continue;
      answered++;
      assert.equal(answer, await whole(bytes), `case ${i} of ${name}`);
    }
  }
  assert.ok(answered > 100, `${answered} answered`);
});

test("inspect finds the rest of the program when it needs it", async () => {
  const file = inRepo("fixtures", "torch", "tied.pt");
  const short = await runCli(["inspect", file]);
  const long = await runCli(["inspect", "--quiet", file]);
  assert.deepEqual([short.code, short.stderr, short.stdout], [0, "", long.stdout]);
});

test("inspect says what is wrong where a quick look finds nothing", async () => {
  await withScratch(async (scratch) => {
    const missing = await runCli(["inspect", join(scratch, "none.pt")]);
    assert.equal(missing.code, 3);
    assert.match(missing.stderr, /^statedict: .*none\.pt: There is no such file/);
  });
});

test("inspect says which permission is missing where only the file may be read", async () => {
  const file = inRepo("fixtures", "torch", "tied.pt");
  const permissions = [`-R=${file}`, "--no-prompt"];
  const listed = await runCli(["inspect", file], { permissions });
  assert.deepEqual([listed.code, listed.stderr], [0, ""]);
  const hashed = await runCli(["hash", file], { permissions });
  // The other runtimes have no permissions to lack.
  if (!("Deno" in globalThis)) assert.equal(hashed.code, 0);
  else {
    assert.equal(hashed.code, 3);
    assert.match(
      hashed.stderr,
      /^statedict: Deno doesn't let the program read its own files — .*\n$/,
    );
  }
});
