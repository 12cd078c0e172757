import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { runCli } from "../support/cli.ts";
import { fixturesDir } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const slow = { timeout: 60_000 };
const whole = join(fixturesDir("torch"), "checkpoint.pt");

/** The same file with one bit of `model.fc1.weight` turned: its record is `data/0`. */
function damage(): Buffer {
  const bytes = readFileSync(whole);
  const header = bytes.lastIndexOf("PK\x03\x04", bytes.indexOf("/data/0"));
  const data = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  bytes[data + 3]! ^= 0x40;
  return bytes;
}

test("verify says that a whole file is whole", slow, async () => {
  const { code, stdout } = await runCli(["verify", whole]);
  assert.equal(code, 0);
  assert.match(stdout, /checkpoint\.pt: 27 tensors are whole/);
});

test("verify names the damaged tensor, and --salvage writes the others", slow, async () => {
  await withScratch(async (folder) => {
    const broken = join(folder, "broken.pt");
    const saved = join(folder, "saved.pt");
    writeFileSync(broken, damage());
    const plan = await runCli(["verify", broken, "--salvage", saved, "--dry-run"]);
    assert.equal(plan.code, 1);
    assert.match(plan.stderr, /^write {3}.*saved\.pt\nafter {3}26 tensors, 708 B\n$/);
    assert.equal(existsSync(saved), false);
    const { code, stdout } = await runCli(["verify", broken, "--salvage", saved]);
    assert.equal(code, 1);
    assert.match(stdout, /^damaged {2}model\.fc1\.weight: Its CRC-32 is \w+, not \w+$/m);
    assert.match(stdout, /1 of 27 tensors is damaged/);
    await using checkpoint = await openCheckpoint(saved);
    assert.equal(checkpoint.tensors.size, 26);
    assert.equal(checkpoint.tensors.has("model.fc1.weight"), false);
    assert.equal((await runCli(["verify", saved])).code, 0);
  });
});

test("verify --values finds NaN and infinities", slow, async () => {
  const { code, stdout } = await runCli([
    "verify",
    "--json",
    "--values",
    join(fixturesDir("torch"), "special_floats.pt"),
  ]);
  assert.equal(code, 1);
  const { findings } = JSON.parse(stdout) as { findings: { kind: string; nan: number }[] };
  assert.ok(findings.length > 0 && findings.every(({ kind }) => kind === "values"));
});

test("inspect says by its exit status that a tensor can't be read", slow, async () => {
  await withScratch(async (folder) => {
    const broken = join(folder, "broken.pt");
    writeFileSync(broken, damage());
    assert.equal((await runCli(["inspect", broken])).code, 0);
    for (
      const options of [["--sha256"], ["--stats"], ["--json", "--sha256"], ["--json", "--stats"]]
    ) {
      const { code, stdout } = await runCli(["inspect", broken, ...options]);
      assert.equal(code, 3, String(options));
      assert.match(stdout, /Its CRC-32 is/);
    }
  });
});

test("inspect lists a nested tensor whose sizes are damaged, and says so", slow, async () => {
  await withScratch(async (folder) => {
    const broken = join(folder, "nested.pt");
    const bytes = readFileSync(join(fixturesDir("torch"), "nested_strided.pt"));
    const header = bytes.lastIndexOf("PK\x03\x04", bytes.indexOf("/data/1"));
    const data = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    bytes[data]! ^= 1;
    writeFileSync(broken, bytes);
    const { code, stdout } = await runCli(["inspect", broken, "--json"]);
    assert.equal(code, 3);
    assert.equal(JSON.parse(stdout).tensors[0].error.code, "corrupt");
  });
});
