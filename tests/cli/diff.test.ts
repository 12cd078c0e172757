import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.ts";
import { inRepo } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

test("diff counts every name of a tied tensor, whichever file comes first", async () => {
  const pt = inRepo("fixtures", "torch", "tied.pt");
  await withScratch(async (scratch) => {
    const safetensors = join(scratch, "tied.safetensors");
    assert.equal((await runCli(["convert", pt, safetensors])).code, 0);
    for (const files of [[pt, safetensors], [safetensors, pt]]) {
      const { code, stderr } = await runCli(["diff", ...files]);
      assert.deepEqual([code, stderr], [0, "3 tensors are equal\n"]);
    }
  });
});
