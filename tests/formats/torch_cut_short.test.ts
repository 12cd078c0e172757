import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { fixturesDir } from "../support/corpus.ts";

/** A download that stopped after so many bytes of `checkpoint.pt`, which has 9172. */
async function messageAt(length: number): Promise<string> {
  const bytes = readFileSync(join(fixturesDir("torch"), "checkpoint.pt")).subarray(0, length);
  const error = await openCheckpoint(new Uint8Array(bytes)).then(
    () => assert.fail("it opened"),
    (error: { code: string; message: string }) => error,
  );
  assert.equal(error.code, "truncated");
  return error.message;
}

test("a cut archive says where it ends and how much of it is whole", async () => {
  assert.match(await messageAt(900), /ends at byte 900, in the middle of its pickle/);
  // As many records of the archive end before byte 5000, says zipfile of CPython 3.11.
  assert.match(await messageAt(5000), /ends at byte 5000, .*: 13 of its 27 storages are whole/);
  assert.match(await messageAt(9000), /before its directory: 27 of its 27 storages are whole/);
});

test("a cut archive that isn't PyTorch's says that it is cut", async () => {
  const bytes = readFileSync(join(fixturesDir("arrays"), "nz-stored.npz"));
  await assert.rejects(
    openCheckpoint(new Uint8Array(bytes.subarray(0, bytes.length - 30))),
    (error: { code: string; message: string }) => {
      assert.equal(error.code, "truncated");
      assert.match(error.message, /no zip end record/);
      return true;
    },
  );
});
