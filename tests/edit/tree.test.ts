import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { catalogueOf } from "../../src/checkpoint/checkpoint.ts";
import { outline } from "../../src/checkpoint/outline.ts";
import { toJS } from "../../src/checkpoint/to_js.ts";
import { parseRename, renamer } from "../../src/edit/rename.ts";
import { editTree } from "../../src/edit/tree.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { PyTuple } from "../../src/pickle/values.ts";
import type { PyValue } from "../../src/pickle/values.ts";
import { fixturesDir } from "../support/corpus.ts";

const same = (value: PyValue): PyValue => value;
const edit = (value: PyValue, edits: Parameters<typeof editTree>[2]) =>
  editTree(value, same, edits);

test("editTree() drops entries, and containers that nothing is left in", () => {
  const tree = new PyDict(["a", new PyDict(["x", 1, "y", 2]), "b", new PyDict(["z", 3]), "c", [
    4,
    5,
  ]]);
  const edited = edit(tree, { keep: (path) => path !== "b.z" && path !== "c.0" });
  assert.deepEqual(toJS(edited.value), { a: { x: 1, y: 2 }, c: [5] });
  assert.deepEqual(edited.dropped, ["b.z", "c.0"]);
});

test("editTree() leaves what isn't on the way to a change as it was", () => {
  const kept = new PyDict(["x", 1]);
  const tree = new PyDict(["kept", kept, "other", new PyDict(["y", 2, "z", 3])]);
  const edited = edit(tree, { keep: (path) => path !== "other.y" });
  assert.equal((edited.value as PyDict).get("kept"), kept);
  assert.notEqual(edited.value, tree);
});

test("editTree() renames within a container and moves across containers", () => {
  const tree = new PyDict(["m", new PyDict(["module.w", 1]), "k", 2]);
  const inside = edit(tree, { rename: (path) => path.replace("module.", "") });
  assert.deepEqual(toJS(inside.value), { m: { w: 1 }, k: 2 });
  const across = edit(tree, { rename: (path) => path.replace(/^m\.module\./, "") });
  assert.deepEqual(toJS(across.value), { k: 2, w: 1 });
});

test("editTree() refuses two entries of one name", () => {
  const tree = new PyDict(["a", 1, "b", 2]);
  assert.throws(() => edit(tree, { rename: () => "same" }), { code: "conflict" });
  const other = new PyDict(["a", 1, "b", 2]);
  assert.throws(() => edit(other, { rename: (path) => path === "a" ? "b" : path }), {
    code: "conflict",
  });
});

test("editTree() keeps keys that are no text", () => {
  const key = new PyTuple([1, 2]);
  const tree = new PyDict([7, "seven", key, "pair", "x", "gone"]);
  const { value } = edit(tree, { keep: (path) => path !== "x" });
  assert.equal((value as PyDict).get(7), "seven");
  assert.equal((value as PyDict).get(new PyTuple([1, 2])), "pair");
});

test("editTree() keeps cycles and shared objects, in their new form", () => {
  const shared = new PyDict(["x", 1, "y", 2]);
  const tree = new PyDict(["a", shared, "b", shared]);
  tree.set("self", tree);
  const value = edit(tree, { keep: (path) => path !== "a.y" }).value as PyDict;
  assert.equal(value.get("self"), value);
  assert.equal(value.get("a"), value.get("b"));
  assert.deepEqual(toJS(value.get("b")!), { x: 1 });
});

test("editTree() goes 10,000 deep", () => {
  let tree: PyValue = new PyDict(["x", 1, "y", 2]);
  for (let i = 0; i < 10_000; i++) tree = [tree];
  const { dropped } = edit(tree, { keep: (path) => !path.endsWith("y") });
  assert.equal(dropped.length, 1);
});

test("editTree() says when nothing is left", () => {
  assert.throws(() => edit(new PyDict(["a", 1]), { keep: () => false }), { code: "usage" });
});

test("editTree() takes a real checkpoint apart", async () => {
  await using checkpoint = await openCheckpoint(join(fixturesDir("torch"), "checkpoint.pt"));
  const { value, reduce } = checkpoint;
  const edited = editTree(value, reduce, {
    keep: (path) => path.startsWith("model."),
    rename: renamer([parseRename("^model\\.=")]),
  });
  const names = [...catalogueOf(outline(edited.value, reduce)).keys()];
  assert.deepEqual(names.slice(0, 2), ["fc1.weight", "fc1.bias"]);
  assert.equal(names.length, 9);
});

test("parseRename() takes FROM=TO and refuses what isn't it", () => {
  const rename = renamer([parseRename("^(\\w+)\\.(\\d+)=$2.$1"), parseRename("a\\=b=c")]);
  assert.equal(rename("layer.3.w"), "3.layer.w");
  assert.equal(rename("a=b"), "c");
  assert.throws(() => parseRename("no rule"), { code: "usage" });
  assert.throws(() => parseRename("(=x"), { code: "usage" });
});
