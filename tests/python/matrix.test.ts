import assert from "node:assert/strict";
import { test } from "node:test";
import { corpusDir, fixturesDir } from "../support/corpus.ts";
import { runMatrix } from "../support/matrix.ts";
import { withoutPython } from "../support/python.ts";
import { withScratch } from "../support/scratch.ts";

const skip = withoutPython(["torch", "numpy", "joblib", "safetensors", "sklearn"]);

for (const kind of ["torch", "arrays"] as const) {
  const timeout = 600_000;
  test(`every ${kind} file holds the same in every format`, { skip, timeout }, async () => {
    const folder = corpusDir(kind) ?? fixturesDir(kind);
    const matrix = await withScratch((scratch) => runMatrix(kind, folder, scratch));
    const wrong = [...matrix].flatMap(([format, row]) =>
      [...row].flatMap(([column, cell]) =>
        cell.wrong.map((line) => `${format} to ${column}: ${line}`)
      )
    );
    assert.deepEqual(wrong, []);
    const equal = [...matrix.values()].flatMap((row) =>
      [...row.values()].map((cell) => cell.equal)
    );
    assert.ok(equal.reduce((sum, count) => sum + count, 0) > 300);
  });
}
