import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGlobs, matchGlob } from "../../src/edit/glob.ts";
import { isStateDictError } from "../../src/errors.ts";

const yes: [pattern: string, name: string][] = [
  ["fc.weight", "fc.weight"],
  ["*", "weight"],
  ["*", ""],
  ["*.weight", "fc.weight"],
  ["layers.*.attn.*", "layers.10.attn.q"],
  ["l*r.*", "layer.x"],
  ["**", ""],
  ["**", "a.b.c"],
  ["**.weight", "weight"],
  ["**.weight", "a.weight"],
  ["**.weight", "a.b.c.weight"],
  ["a.**.b", "a.b"],
  ["a.**.b", "a.x.y.b"],
  ["encoder.**", "encoder.layers.0.weight"],
  ["en**er", "en.co.der"],
  ["x**.b", "xa.b"],
  ["fc?.weight", "fc1.weight"],
  ["?", "🙂"],
  ["[qkv]", "k"],
  ["[a-c0]x", "0x"],
  ["[!0-9]", "a"],
  ["[^0-9]", "a"],
  ["[]a]", "]"],
  ["[a-]", "-"],
  ["[\\]]", "]"],
  ["{q,k,v}_proj", "k_proj"],
  ["layers.{0,1*}.w", "layers.15.w"],
  ["{a,b{c,d}}.x", "bd.x"],
  ["{,x}y", "y"],
  ["{**.bias,**.norm.*}", "bias"],
  ["{**.bias,**.norm.*}", "a.norm.weight"],
  ["a,b}", "a,b}"],
  ["\\*", "*"],
  ["a\\", "a\\"],
  ["a.b[0-9]", "a.b7"],
];

const no: [pattern: string, name: string][] = [
  ["fc", "fc.weight"],
  ["fc.weight", "xfc.weight"],
  ["FC", "fc"],
  ["*", "a.b"],
  ["*.weight", "a.b.weight"],
  ["**.weight", "overweight"],
  ["**.weight", "a.weights"],
  ["a.**.b", "a.xb"],
  ["a.**.b", "ab"],
  ["encoder.**", "encoder"],
  ["x**.b", "xb"],
  ["?", ""],
  ["?", "."],
  ["?", "ab"],
  ["[!a]", "."],
  ["[+-.]", "."],
  ["[abc]", "d"],
  ["{q,k}", "q,k"],
  ["\\*", "x"],
  [".", "x"],
  ["a+", "aa"],
];

test("matchGlob() follows the table of its documentation", () => {
  for (const [pattern, name] of yes) {
    assert.equal(matchGlob(pattern, name), true, `${pattern} ~ ${name}`);
  }
  for (const [pattern, name] of no) {
    assert.equal(matchGlob(pattern, name), false, `${pattern} ~ ${name}`);
  }
});

test("matchGlob() refuses brackets and braces that aren't closed, and backward ranges", () => {
  for (const pattern of ["[abc", "a[", "{a,b", "{a,{b}", "[z-a]", "[!"]) {
    assert.throws(
      () => matchGlob(pattern, "a"),
      (error) => isStateDictError(error) && error.code === "usage" && !!error.hint,
      pattern,
    );
  }
});

test("compileGlobs() says whether any of the globs matches", () => {
  const wanted = compileGlobs(["fc.weight", "**.bias"]);
  assert.deepEqual(["fc.weight", "a.bias", "a.weight"].map(wanted), [true, true, false]);
  assert.equal(compileGlobs([])("a"), false);
});

test("matchGlob() takes no longer for patterns that stop a backtracking matcher", () => {
  const name = "a".repeat(2000);
  const start = performance.now();
  // Each doubles a backtracking matcher's work with every repetition.
  assert.equal(matchGlob("*a".repeat(40) + "b", name), false);
  assert.equal(matchGlob("**a".repeat(40) + "b", name), false);
  assert.equal(matchGlob("{a,aa}".repeat(40) + "b", name), false);
  assert.equal(matchGlob("{a,*}".repeat(40) + "b", name), false);
  assert.ok(performance.now() - start < 3000);
});
