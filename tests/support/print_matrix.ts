/**
 * Prints the table of docs/conversions.md: `node tests/support/print_matrix.ts`. What is wrong goes to
 * standard error, one line each.
 *
 * @module
 */

import { corpusDir, fixturesDir } from "./corpus.ts";
import { matrixTable, runMatrix } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import { withScratch } from "./scratch.ts";

const matrix: Matrix = new Map();
for (const kind of ["torch", "arrays"] as const) {
  const folder = corpusDir(kind) ?? fixturesDir(kind);
  await withScratch((scratch) => runMatrix(kind, folder, scratch, matrix));
}
console.log(matrixTable(matrix));
for (const [format, row] of matrix) {
  for (const [column, { wrong }] of row) {
    for (const line of wrong) console.error(`${format} to ${column}: ${line}`);
  }
}
