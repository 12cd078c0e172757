import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK, borrowBlock, PIECE, returnBlock } from "../../src/io/block_buffer.ts";

test("borrowBlock() gives an array again that was returned, if it is long enough", () => {
  const first = borrowBlock(BLOCK);
  returnBlock(first);
  assert.equal(borrowBlock(100).buffer, first.buffer);
  assert.notEqual(borrowBlock(100).buffer, first.buffer);
  returnBlock(first);
  const longer = borrowBlock(2 * BLOCK);
  assert.ok(longer.length === 2 * BLOCK && longer.buffer !== first.buffer);
});

test("returnBlock() keeps few arrays, no small ones and no giants", () => {
  const small = borrowBlock(3 * BLOCK).subarray(0, 8);
  returnBlock(small);
  const giant = borrowBlock(PIECE + 1);
  returnBlock(giant);
  assert.notEqual(borrowBlock(PIECE + 1).buffer, giant.buffer);
  const many = Array.from({ length: 20 }, () => borrowBlock(3 * BLOCK));
  assert.ok(many.every(({ buffer }) => buffer !== small.buffer));
  many.forEach(returnBlock);
  const again = Array.from({ length: 20 }, () => borrowBlock(3 * BLOCK).buffer);
  const kept = again.filter((buffer) => many.some((block) => block.buffer === buffer));
  assert.ok(kept.length > 0 && kept.length < 5, `${kept.length} kept`);
});
