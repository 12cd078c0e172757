import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { layOutSafetensors } from "../../src/formats/safetensors/header_write.ts";
import type { TensorFacts } from "../../src/formats/safetensors/header_write.ts";
import { dtypeByName } from "../../src/tensor/dtype.ts";
import { fixturesDir } from "../support/corpus.ts";

const facts = (name: string, dtype: string, ...shape: number[]): TensorFacts => ({
  name,
  dtype: dtypeByName(dtype)!,
  shape,
});

const text = (header: Uint8Array) => new TextDecoder().decode(header.subarray(8)).trimEnd();

test("layOutSafetensors() orders and spells every dtype as the library", () => {
  const { header, tensors, size } = layOutSafetensors(
    [
      facts("b.x", "float32", 3),
      facts('a\n"\u00e9\x7f\x01', "bool", 2),
      facts("z", "float64", 2, 2),
      facts("m", "bfloat16", 3),
      facts("i", "int8", 1),
      facts("u", "uint8", 1),
      facts("h", "float16", 3),
      facts("f8", "float8_e4m3fn", 2),
      facts("q", "int64", 2),
      facts("c", "complex64", 1),
      facts("e", "float32", 0, 3),
      facts("f4", "float4_e2m1fn_x2", 2, 4),
      facts("f5", "float8_e5m2", 2),
      facts("u2", "uint16", 1),
      facts("i2", "int16", 1),
      facts("u4", "uint32", 1),
      facts("i4", "int32", 1),
      facts("u8", "uint64", 1),
      facts("s", "float32"),
      facts("e8", "float8_e8m0fnu", 2),
      facts("fz", "float8_e4m3fnuz", 2),
      facts("gz", "float8_e5m2fnuz", 2),
    ],
    new Map([["format", "pt"]]),
  );
  // safetensors.torch.save of 0.8 for tensors of these names, dtypes and sizes.
  assert.equal(
    text(header),
    '{"__metadata__":{"format":"pt"},"u8":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},' +
      '"q":{"dtype":"I64","shape":[2],"data_offsets":[8,24]},' +
      '"z":{"dtype":"F64","shape":[2,2],"data_offsets":[24,56]},' +
      '"c":{"dtype":"C64","shape":[1],"data_offsets":[56,64]},' +
      '"b.x":{"dtype":"F32","shape":[3],"data_offsets":[64,76]},' +
      '"e":{"dtype":"F32","shape":[0,3],"data_offsets":[76,76]},' +
      '"s":{"dtype":"F32","shape":[],"data_offsets":[76,80]},' +
      '"u4":{"dtype":"U32","shape":[1],"data_offsets":[80,84]},' +
      '"i4":{"dtype":"I32","shape":[1],"data_offsets":[84,88]},' +
      '"m":{"dtype":"BF16","shape":[3],"data_offsets":[88,94]},' +
      '"h":{"dtype":"F16","shape":[3],"data_offsets":[94,100]},' +
      '"u2":{"dtype":"U16","shape":[1],"data_offsets":[100,102]},' +
      '"i2":{"dtype":"I16","shape":[1],"data_offsets":[102,104]},' +
      '"gz":{"dtype":"F8_E5M2FNUZ","shape":[2],"data_offsets":[104,106]},' +
      '"fz":{"dtype":"F8_E4M3FNUZ","shape":[2],"data_offsets":[106,108]},' +
      '"e8":{"dtype":"F8_E8M0","shape":[2],"data_offsets":[108,110]},' +
      '"f8":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[110,112]},' +
      '"f5":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[112,114]},' +
      '"i":{"dtype":"I8","shape":[1],"data_offsets":[114,115]},' +
      '"u":{"dtype":"U8","shape":[1],"data_offsets":[115,116]},' +
      '"f4":{"dtype":"F4","shape":[2,8],"data_offsets":[116,124]},' +
      '"a\\n\\"\u00e9\x7f\\u0001":{"dtype":"BOOL","shape":[2],"data_offsets":[124,126]}}',
  );
  assert.equal(header.length, 8 + 1320); // the library's own length, a multiple of 8
  assert.equal(size, header.length + 126);
  assert.deepEqual(tensors.slice(0, 3).map(({ name }) => name), ["u8", "q", "z"]);
});

/** Files that the library wrote, with at most one entry of metadata: the order of more is random. */
const WRITTEN_BY_LIBRARY = [
  "st-basic",
  "st-dtypes-np",
  "st-lowbits",
  "st-empty-0dim",
  "st-none",
  "st-many",
];

for (const name of WRITTEN_BY_LIBRARY) {
  test(`layOutSafetensors() writes the header of ${name} again, byte for byte`, async () => {
    const path = join(fixturesDir("arrays"), `${name}.safetensors`);
    await using checkpoint = await openCheckpoint(path);
    const entries = [...checkpoint.tensors].map(([name, { dtype, shape }]) => ({
      name,
      dtype,
      shape,
    }));
    const { header, size } = layOutSafetensors(entries, checkpoint.metadata);
    const file = readFileSync(path);
    assert.equal(size, file.length);
    assert.deepEqual(header, new Uint8Array(file.subarray(0, header.length)));
  });
}

test("layOutSafetensors() refuses what the format can't hold, by name", () => {
  const refuse = (code: string, ...tensors: TensorFacts[]) =>
    assert.throws(() => layOutSafetensors(tensors), { code });
  refuse("unsupported", facts("a", "complex128", 1));
  refuse("unsupported", facts("a", "object", 1));
  refuse("unsupported", facts("a\ud800", "uint8", 1));
  refuse("unsupported", facts("a", "float4_e2m1fn_x2"));
  refuse("unsupported", facts("a", "F4", 3));
  refuse("conflict", facts("a", "uint8", 1), facts("a", "float32", 1));
  refuse("conflict", facts("__metadata__", "uint8", 1));
});
