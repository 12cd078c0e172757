import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { verifyCheckpoint } from "../../src/checkpoint/verify.ts";
import { isStateDictError } from "../../src/errors.ts";
import { tensorSha256 } from "../../src/tensor/hash.ts";
import { runCli } from "../support/cli.ts";
import { inRepo } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const load = (...path: string[]) => new Uint8Array(readFileSync(inRepo("fixtures", ...path)));

/** The digests of the tensors that can be read. */
async function readable(bytes: Uint8Array<ArrayBuffer>): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  await using checkpoint = await openCheckpoint(bytes, { inert: true, recover: true });
  const damaged = new Set<string>();
  for await (const finding of verifyCheckpoint(checkpoint)) {
    if (finding.kind === "damaged") damaged.add(finding.path);
  }
  for (const [name, tensor] of checkpoint.tensors) {
    if (!damaged.has(name)) digests.set(name, await tensorSha256(tensor));
  }
  return digests;
}

for (
  const path of [
    ["torch", "checkpoint.pt"],
    ["torch", "legacy_state_dict.pth"],
    ["torch", "hf_safetensors", "model-00002-of-00003.safetensors"],
  ] as const
) {
  test(`openCheckpoint() finds what is whole in a cut ${path.at(-1)}`, {
    timeout: 60_000,
  }, async () => {
    const bytes = load(...path);
    const whole = await readable(bytes);
    let saved = whole.size;
    let partly = 0;
    for (let size = bytes.length - 1; size > 0; size -= 1 + (bytes.length >> 7)) {
      const found = await readable(bytes.slice(0, size)).catch((error) => {
        assert.ok(isStateDictError(error), String(error));
        return new Map<string, string>();
      });
      for (const [name, digest] of found) {
        assert.equal(digest, whole.get(name), `${name} at ${size}`);
      }
      assert.ok(found.size <= saved, `${found.size} after ${saved} at ${size}`);
      saved = found.size;
      if (saved > 0 && saved < whole.size) partly++;
    }
    assert.ok(partly > 0);
  });
}

test("openCheckpoint() says of damage only if it is asked to recover", async () => {
  const bytes = load("torch", "checkpoint.pt");
  const cut = bytes.slice(0, bytes.length - 10);
  await using checkpoint = await openCheckpoint(cut, { recover: true });
  assert.equal(checkpoint.damage?.code, "truncated");
  await assert.rejects(openCheckpoint(cut), { code: "truncated" });
  await using sound = await openCheckpoint(bytes, { recover: true });
  assert.equal(sound.damage, null);
});

test("openCheckpoint() sees a storage of a cut archive that is damaged too", async () => {
  const bytes = load("torch", "checkpoint.pt");
  const before = await readable(bytes);
  const { offset } = await (async () => {
    await using checkpoint = await openCheckpoint(bytes);
    const { storage } = checkpoint.tensor("model.fc1.weight");
    return await storage!.locate!();
  })();
  const cut = bytes.slice(0, bytes.length - 10);
  cut[offset + 3]! ^= 1;
  const after = await readable(cut);
  assert.deepEqual([...before.keys()].filter((name) => !after.has(name)), ["model.fc1.weight"]);
});

test("verify --salvage saves what a cut archive still has", async () => {
  await withScratch(async (scratch) => {
    const { writeFileSync, existsSync } = await import("node:fs");
    const bytes = load("torch", "checkpoint.pt");
    const [cut, out] = [join(scratch, "cut.pt"), join(scratch, "out.pt")];
    writeFileSync(cut, bytes.subarray(0, bytes.length - 4000));
    const { code, stdout } = await runCli(["verify", cut, "--salvage", out]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^damaged {2}\(file\): The file ends at byte \d+, .* storages are whole\n/,
    );
    await using saved = await openCheckpoint(out);
    assert.ok(saved.tensors.size > 0);
    await using original = await openCheckpoint(bytes);
    for (const [name, tensor] of saved.tensors) {
      assert.equal(await tensorSha256(tensor), await tensorSha256(original.tensor(name)));
    }
    writeFileSync(cut, bytes.subarray(0, Buffer.from(bytes).indexOf("data/0") + 40));
    const none = await runCli(["verify", cut, "--salvage", join(scratch, "none.pt")]);
    assert.deepEqual([none.code, existsSync(join(scratch, "none.pt"))], [1, false]);
    assert.match(none.stderr, /no tensor is whole: nothing is written\n$/);
  });
});
