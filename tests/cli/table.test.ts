import assert from "node:assert/strict";
import { test } from "node:test";
import { displayWidth } from "../../src/text/escape.ts";
import { painter } from "../../src/cli/paint.ts";
import { tableLines } from "../../src/cli/table.ts";
import type { Cell, Column } from "../../src/cli/table.ts";

const columns: Column[] = [
  { title: "Name", flexible: true },
  { title: "Type" },
  { title: "Bytes", align: "right" },
  { title: "Note" },
];

function lines(rows: Cell[][], options = {}): string[] {
  return [...tableLines(columns, rows, options)];
}

test("tableLines() aligns columns and leaves no blanks at the end", () => {
  assert.deepEqual(lines([["fc.weight", "float32", "24", ""], ["b", "int8", "1000", "new"]]), [
    "Name       Type     Bytes  Note",
    "fc.weight  float32     24",
    "b          int8      1000  new",
  ]);
});

test("tableLines() counts columns of the screen, not units", () => {
  assert.deepEqual(lines([["重み", "x"], ["e\u0301", "y"]]), [
    "Name  Type  Bytes  Note",
    "重み  x",
    "e\u0301     y",
  ]);
});

test("tableLines() makes every cell safe to show", () => {
  const [, row] = lines([["a\x1b[2J\nb", "\u202e", "", { text: "\x07", style: "red" }]]);
  assert.equal(row, "a\\u{1b}[2J\\u{a}b  \\u{202e}         \\u{7}");
});

test("tableLines() cuts the flexible column to the terminal's width", () => {
  const name = "model.layers.0.self_attn.q_proj.weight";
  const cut = lines([[name, "float32", "24", "x"], ["b", "int8", "1", "y"]], { width: 45 });
  assert.ok(cut.every((line) => displayWidth(line) <= 45));
  assert.match(cut[1]!, /^model\.layer…proj\.weight {2}float32 {5}24 {2}x$/);
  assert.match(lines([[name, "f", "1", "x"]])[1]!, new RegExp(`^${name} `));
});

test("tableLines() leaves some of a name on the narrowest terminal", () => {
  const [, row] = lines([["a".repeat(50), "float32", "24", "x"]], { width: 5 });
  assert.match(row!, /^a{8}…a{7} {2}float32/);
});

test("tableLines() doesn't pad all lines to one huge name", () => {
  const rows = Array.from({ length: 100 }, (_, i) => [i ? "b" : "a".repeat(65_536), "t", "1", "x"]);
  const [, huge, small] = lines(rows);
  assert.equal(huge, `${"a".repeat(65_536)}  t         1  x`);
  assert.ok(small!.length < 200);
});

test("tableLines() paints titles and styled cells where colour is on", () => {
  const painted = lines([["a", { text: "b", style: "red" }, "1", "x"]], { paint: painter(true) });
  assert.deepEqual(painted, [
    "\x1b[4mName\x1b[0m  \x1b[4mType\x1b[0m  \x1b[4mBytes\x1b[0m  \x1b[4mNote\x1b[0m",
    "a     \x1b[31mb\x1b[0m         1  x",
  ]);
});
