import assert from "node:assert/strict";
import { test } from "node:test";
import { closest, editDistance } from "../../src/cli/suggest.ts";

test("editDistance() counts insertions, deletions, changes and swaps", () => {
  // Optimal string alignment distances; "CA" to "ABC" is the textbook's 3.
  const known: [string, string, number][] = [
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["kitten", "sitting", 3],
    ["fliter", "filter", 1],
    ["CA", "ABC", 3],
  ];
  for (const [a, b, distance] of known) assert.equal(editDistance(a, b), distance);
});

test("closest() finds slips and beginnings, and nothing for words that are far off", () => {
  const commands = ["inspect", "extract", "convert", "scan", "dis", "diff", "view"];
  const found = ["inspet", "INSPECT", "insp", "scna", "dif", "extrat", "xyzzy", "delete", "s", ""]
    .map((word) => closest(word, commands));
  const none = undefined;
  assert.deepEqual(found.slice(0, 6), ["inspect", "inspect", "inspect", "scan", "diff", "extract"]);
  assert.deepEqual(found.slice(6), [none, none, none, none]);
  assert.equal(closest("a".repeat(1e6), commands), none);
});
