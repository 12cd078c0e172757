import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.ts";
import type { CliOptions } from "../support/cli.ts";
import { fixturesDir } from "../support/corpus.ts";
import { serve } from "../support/http_server.ts";
import { withScratch } from "../support/scratch.ts";

const slow = { timeout: 60_000 };
const FILE = join(fixturesDir("torch"), "checkpoint.pt");
const BYTES = readFileSync(FILE);
/** The last of 100,000 bytes, so that a download of all is worth a word. */
const LARGE = new Uint8Array(200_000);

const NET = ["-R", "--allow-net=127.0.0.1", "--no-prompt"];
const run = (args: readonly string[], options: CliOptions = {}) =>
  runCli(args, { permissions: NET, ...options });

test("every command that reads a FILE reads an address", slow, async () => {
  await using server = await serve({ "/m/checkpoint.pt": BYTES });
  const address = `${server.origin}/m/checkpoint.pt`;
  const commands = [
    ["inspect"],
    ["inspect", "--json"],
    ["scan", "--json"],
    ["verify"],
    ["hash", "--file"],
    ["dis"],
    ["extract", "-f", "model.fc1.bias"],
    ["diff", FILE],
  ];
  for (const words of commands) {
    const [there, local] = await Promise.all([run([...words, address]), run([...words, FILE])]);
    assert.equal(there.stderr, local.stderr.replaceAll(FILE, address), words.join(" "));
    assert.equal(there.stdout, local.stdout.replaceAll(FILE, address), words.join(" "));
    assert.equal(there.code, 0, words.join(" "));
  }
});

test("convert reads an address and compares what it wrote", slow, async () => {
  await using server = await serve({ "/checkpoint.pt": BYTES });
  await withScratch(async (folder) => {
    const output = join(folder, "model.safetensors");
    const { code, stderr } = await run(
      ["convert", `${server.origin}/checkpoint.pt`, output, "--root", "model", "--verify"],
      { permissions: [...NET, "-W"] },
    );
    assert.match(stderr, /verified/);
    assert.equal(code, 0);
  });
});

test("hf:// is the file on the hub that HF_ENDPOINT names, with the token", slow, async () => {
  await using server = await serve({ "/o/r/resolve/v1/checkpoint.pt": BYTES });
  const { code, stdout, stderr } = await run(["inspect", "hf://o/r@v1/checkpoint.pt"], {
    env: { HF_ENDPOINT: server.origin, HF_TOKEN: "hf_secret" },
    permissions: [...NET, "--allow-env=HF_ENDPOINT,HF_TOKEN"],
  });
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.match(stdout, /^model\.fc1\.weight +float32 +5 × 6 +120 B$/m);
  for (const { headers } of server.requests) {
    assert.equal(headers.authorization, "Bearer hf_secret");
  }
  const missing = await run(["inspect", "hf://o/r/nothing.pt"], {
    env: { HF_ENDPOINT: server.origin, HF_TOKEN: undefined },
    permissions: [...NET, "--allow-env=HF_ENDPOINT,HF_TOKEN"],
  });
  assert.equal(missing.code, 3);
  assert.match(
    missing.stderr,
    /^statedict: hf:\/\/o\/r\/nothing\.pt: There is no such file on .* \(status 404\) — .*HF_TOKEN/,
  );
});

test("a download of the whole file is told on standard error", slow, async () => {
  LARGE.set(BYTES, LARGE.length - BYTES.length);
  await using server = await serve({ "/large": LARGE });
  server.fault = (reply) => {
    Object.assign(reply, { status: 200, headers: {}, body: LARGE });
  };
  const { stderr } = await run(["inspect", `${server.origin}/large`]);
  assert.match(stderr, /^warning: http:\/\/127\.0\.0\.1:\d+\/large: The server .* knows no ranges/);
});

test("an address that can't be read is an error in one line", slow, async () => {
  await using server = await serve({});
  const address = `${server.origin}/nothing.pt`;
  const { code, stderr, stdout } = await run(["inspect", address]);
  assert.equal(code, 3);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    `statedict: ${address}: There is no such file on ${server.host} (status 404)\n`,
  );
  const other = await run(["inspect", "s3://bucket/model.pt", "--json"]);
  assert.equal(other.code, 3);
  assert.equal(JSON.parse(other.stdout).error.code, "refused");
});

test("a server that sends on to a private host is not followed", slow, async () => {
  await using server = await serve({});
  server.fault = (reply) => {
    const headers = { location: "http://169.254.169.254/latest/meta-data" };
    Object.assign(reply, { status: 302, headers, body: new Uint8Array(0) });
  };
  const { code, stderr } = await run(["inspect", `${server.origin}/a.pt`]);
  assert.equal(code, 3);
  assert.match(stderr, /sends on to 169\.254\.169\.254, a host of a private network — /);
});

test("Deno's missing permission is told with the flag that gives it", slow, async () => {
  await using server = await serve({ "/checkpoint.pt": BYTES });
  const { code, stderr } = await run(["inspect", `${server.origin}/checkpoint.pt`], {
    permissions: ["-R", "--no-prompt"],
  });
  if (!("Deno" in globalThis)) return assert.equal(code, 0); // others have no such permission
  assert.equal(code, 3);
  assert.match(stderr, new RegExp(`— run with --allow-net=${server.host}\n$`));
});
