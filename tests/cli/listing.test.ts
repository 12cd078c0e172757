import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { makeIo } from "../../src/cli/io.ts";
import { listCheckpoint } from "../../src/cli/listing.ts";
import type { Stream } from "../../src/cli/term.ts";
import { inRepo } from "../support/corpus.ts";
import { fakeTerminal } from "./fake_terminal.ts";

async function listed(terminals: readonly Stream[]): Promise<string> {
  const terminal = fakeTerminal({ terminals, columns: 200, env: { NO_COLOR: "1" } });
  const io = makeIo(terminal, { quiet: false, debug: false, color: undefined });
  const options = { keep: () => true, tree: false, values: false, stats: true, sha256: false };
  await using checkpoint = await openCheckpoint(inRepo("fixtures", "torch", "state_dict.pt"));
  await listCheckpoint("file", checkpoint, options, io);
  io.flush();
  return terminal.out;
}

// The bars are numpy.histogram's counts of `fc2.bias` over 12 bins: 1, 1 and 1, of 3 numbers.
test("listCheckpoint() draws histograms on a terminal, and nowhere else", async () => {
  const onTerminal = await listed(["stdout"]);
  assert.match(onTerminal, /zeros {2}histogram\n/);
  assert.match(onTerminal, /fc2\.bias .* {2}█ {2}█ {7}█\n/);
  assert.doesNotMatch(await listed([]), /histogram|█/);
});
