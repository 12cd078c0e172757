import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.ts";
import { fixturesDir } from "../support/corpus.ts";

const slow = { timeout: 60_000 };
const tied = join(fixturesDir("torch"), "tied.pt");

test("dis lists the opcodes of an archive's pickles", slow, async () => {
  const { code, stdout } = await runCli(["dis", tied]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0]!, /data\.pkl:$/);
  // Offsets as pickletools of CPython 3.11 gives them.
  assert.match(lines[1]!, /^ +0 {2}80 {2}PROTO +2$/);
  assert.match(lines[2]!, /^ +2 {2}63 {2}GLOBAL +collections OrderedDict$/);
  assert.match(lines[lines.length - 1]!, /^ +264 {2}2e {2}STOP$/);
});

test("dis reads standard input, and says where a pickle breaks", slow, async () => {
  // None, then MARK and no more.
  const { code, stdout } = await runCli(["dis", "-"], {
    stdin: new Uint8Array([0x4e, 0x2e, 0x28]),
  });
  assert.equal(code, 3);
  assert.match(stdout, /0 {2}4e {2}NONE\n.*STOP\n.*2 {2}28 {2}MARK\n.*! The pickle ends/);
});

test("dis wants a member that is there", slow, async () => {
  const { code, stderr } = await runCli(["dis", tied, "--member", "nothing.pkl"]);
  assert.equal(code, 2);
  assert.match(stderr, /no such pickle/);
});

test("inspect reads standard input", slow, async () => {
  const { code, stdout } = await runCli(["inspect", "-"], {
    stdin: readFileSync(tied),
    permissions: [],
  });
  assert.equal(code, 0);
  assert.match(stdout, /^- {2}torch-zip/);
  assert.match(stdout, /3 tensors/);
});
