import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSize } from "../../src/cli/sizes.ts";
import { isStateDictError } from "../../src/errors.ts";

test("parseSize() reads decimal and binary units", () => {
  const sizes: [string, number][] = [
    ["0", 0],
    ["123", 123],
    ["12b", 12],
    ["5GB", 5_000_000_000],
    ["5gb", 5_000_000_000],
    ["256MiB", 268_435_456],
    ["1.5 GiB", 1_610_612_736],
    ["2TiB", 2_199_023_255_552],
  ];
  for (const [text, size] of sizes) assert.equal(parseSize(text), size, text);
});

test("parseSize() refuses what isn't a size", () => {
  for (
    const text of ["", "GB", "-5GB", "5 XB", "1e9", "5GBs", "9999999TiB", "0x10", "NaN", "5\n"]
  ) {
    assert.throws(() => parseSize(text), (error) => {
      return isStateDictError(error) && error.code === "usage" && error.hint !== undefined;
    }, text);
  }
});
