import assert from "node:assert/strict";
import { test } from "node:test";
import { compareText } from "../../src/text/order.ts";

test("compareText() sorts as Python's sorted() does", () => {
  // sorted() of CPython 3.11; UTF-16 has U+10000 before U+E000.
  const sorted = ["", "a", "a.10", "a.2", "ab", "b", "\u00e9", "\ue000", "\uffff", "\u{10000}"];
  assert.deepEqual(sorted.toReversed().sort(compareText), sorted);
});

test("compareText() compares what follows a common start, also inside a pair", () => {
  assert.ok(compareText("x\u{10000}", "x\u{10001}") < 0);
  assert.ok(compareText("x\u{10000}", "x\uffff") > 0);
  assert.equal(compareText("x\u{10000}", "x\u{10000}"), 0);
});
