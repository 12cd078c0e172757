import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { npyHeader } from "../../src/formats/numpy/npy_write.ts";
import { dtypeByName } from "../../src/tensor/dtype.ts";
import { structDType } from "../../src/tensor/numpy_dtype.ts";
import { fixturesDir } from "../support/corpus.ts";

/** Files that numpy wrote in its own version of choice, row-major and little-endian. */
const WRITTEN_BY_NUMPY = [
  ...["0dim", "S", "S0", "U", "V", "aligned", "bool", "complex", "datetime", "empty", "f2", "f8"],
  ...["longdouble", "longheader", "struct", "timedelta", "titled", "trailing", "v1-latin1", "v3"],
];

for (const name of WRITTEN_BY_NUMPY) {
  test(`npyHeader() writes the header of np-${name} again, byte for byte`, async () => {
    const path = join(fixturesDir("arrays"), `np-${name}.npy`);
    await using checkpoint = await openCheckpoint(path);
    const { dtype, shape } = checkpoint.tensor("");
    const header = npyHeader(dtype, shape);
    assert.deepEqual(header, new Uint8Array(readFileSync(path).subarray(0, header.length)));
  });
}

test("npyHeader() takes version 2 where the header is longer than 65535 bytes", () => {
  const byte = dtypeByName("uint8")!;
  const fields = Array.from({ length: 4000 }, (_, offset) => ({
    name: `f${offset}`.padEnd(10, "x"),
    title: null,
    dtype: byte,
    offset,
    byteOrder: "little" as const,
  }));
  const header = npyHeader(structDType(fields, 4000), [1]);
  assert.deepEqual([header[6], header.length % 64, header[header.length - 1]], [2, 0, 0x0a]);
});

test("npyHeader() refuses a dtype that numpy doesn't have", () => {
  for (const name of ["bfloat16", "F8_E4M3", "object", "qint8"]) {
    assert.throws(() => npyHeader(dtypeByName(name)!, [1]), { code: "unsupported" }, name);
  }
});
