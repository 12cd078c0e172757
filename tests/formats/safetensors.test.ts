import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { isStateDictError } from "../../src/errors.ts";
import { parseHeader } from "../../src/formats/safetensors/header.ts";
import { bytesSource } from "../../src/io/source.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";

const fixture = (name: string) => join(fixturesDir("arrays"), name);

/** A file with this header, and so many bytes behind it. */
function file(header: string, data = 8): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  return bytes;
}

const entry = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

/** How a file with this header is answered: its tensors' names, or the error's code. */
async function answer(header: string, data = 8): Promise<string> {
  try {
    await using checkpoint = await openCheckpoint(file(header, data));
    return `ok ${[...checkpoint.tensors.keys()]}`;
  } catch (error) {
    return isStateDictError(error) ? error.code : `no StateDictError: ${error}`;
  }
}

// What safetensors 0.8 says of the same headers; it takes those that the test after this refuses.
test("a header is taken and refused as the library does it", async () => {
  const field = (json: string) =>
    `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":${json}}}`;
  const answers: [header: string, expected: string, data?: number][] = [
    [`{"a":${entry}}\n\t\r `, "ok a"],
    [`{"\\u0061":${entry}}`, "ok a"],
    [`{"__met\\u0061data__":{"k":"v"},"a":${entry}}`, "ok a"],
    ['{"a":{"d\\u0074ype":"F32","shape":[2],"data_offsets":[0,8]}}', "ok a"],
    ["{}", "ok ", 0],
    [field("1"), "ok a"],
    [field(`${"[".repeat(125)}${"]".repeat(125)}`), "ok a"],
    [field(`${"[".repeat(126)}${"]".repeat(126)}`), "corrupt"],
    [field("01"), "corrupt"],
    [field("1."), "corrupt"],
    [field(".5"), "corrupt"],
    [field("NaN"), "corrupt"],
    ['{"a":{"dtype":"F32","shape":[2],"data_offsets":[-0,8]}}', "corrupt"],
    ['{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', "corrupt"],
    ['{"__metadata__":null,"__metadata__":{"k":"v"}}', "corrupt", 0],
    ['{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}', "ok a", 3],
    ['{"a":{"dtype":"F6_E2M3","shape":[3],"data_offsets":[0,3]}}', "corrupt", 3],
    ['{"a":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]}}', "ok a", 0],
    ['{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}', "corrupt", 0],
    [
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},' +
      '"b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      "ok a,b",
      0,
    ],
  ];
  for (const [header, expected, data] of answers) {
    assert.equal(await answer(header, data), expected, header.slice(0, 100));
  }
});

test("a header that the format forbids is refused, though the library takes it", async () => {
  const headers = [
    `{"a":${entry},"a":${entry}}`,
    `{"a":${entry},"\\u0061":${entry}}`,
    `{"__metadata__":{"k":"1","\\u006b":"2"},"a":${entry}}`,
    '{"a":["F32",[2],[0,8]]}',
    ` {"a":${entry}}`,
  ];
  for (const header of headers) assert.equal(await answer(header), "corrupt", header);
});

test("a size that JavaScript can't tell exactly is an error, not another size", async () => {
  const header = '{"a":{"dtype":"F32","shape":[0,9007199254740993],"data_offsets":[0,0]}}';
  assert.equal(await answer(header, 0), "unsupported");
});

test("openCheckpoint() reads the header of a safetensors file, and no tensor", async () => {
  const size = 2 ** 22;
  const tensors = [0, 1, 2].map((i) =>
    `"t${i}":{"dtype":"U8","shape":[${size}],"data_offsets":[${i * size},${(i + 1) * size}]}`
  );
  const bytes = file(`{${tensors}}`, 3 * size);
  const headerEnd = bytes.length - 3 * size;
  const source = countingSource(bytesSource(bytes));
  await using checkpoint = await openCheckpoint(source);
  assert.equal(checkpoint.tensors.size, 3);
  const read = source.reads.reduce((end, { offset, length }) => Math.max(end, offset + length), 0);
  assert.ok(read <= Math.max(512, headerEnd), `read up to ${read}`);

  source.reads.length = 0;
  await checkpoint.tensor("t1").load();
  assert.deepEqual(source.reads, [{ offset: headerEnd + size, length: size }]);
});

test("tensors are listed by name, as the library's keys() lists them", async () => {
  // safetensors.safe_open(file, "np").keys()
  await using checkpoint = await openCheckpoint(fixture("st-unsorted.safetensors"));
  assert.deepEqual([...checkpoint.tensors.keys()], ["a", "b"]);
  await using names = await openCheckpoint(fixture("st-names.safetensors"));
  assert.deepEqual([...names.tensors.keys()], [
    "",
    "../x",
    "__proto__",
    'a\nb"c\\',
    "model.layers.0.w",
    "\u00e9\u{1f600}",
  ]);
});

test("metadata is text by key, whatever the key", async () => {
  await using checkpoint = await openCheckpoint(fixture("st-meta.safetensors"));
  assert.deepEqual([...checkpoint.metadata], [
    ["format", "pt"],
    ["z", ""],
    ["\u00e9", "\u{1f600}"],
    ["a.b", "dot"],
    ["__proto__", "x"],
  ]);
  assert.deepEqual([...await loadStateDict(fixture("st-meta.safetensors"))].map(([name]) => name), [
    "t",
  ]);
});

test("small floats keep the format's own names, and PyTorch's beside them", async () => {
  await using checkpoint = await openCheckpoint(fixture("st-lowbits.safetensors"));
  const { dtype, shape } = checkpoint.tensor("float8_e4m3fn");
  assert.deepEqual([dtype.name, dtype.twin, shape], ["F8_E4M3", "float8_e4m3fn", [2, 4]]);
  assert.equal(checkpoint.tensor("bf16").dtype.name, "bfloat16");
  assert.deepEqual(checkpoint.tensor("f4").shape, [2, 8]);
});

test("a file that is cut short says how many tensors are whole", async () => {
  const tensors = [0, 1, 2].map((i) =>
    `"t${i}":{"dtype":"F32","shape":[2],"data_offsets":[${i * 8},${(i + 1) * 8}]}`
  );
  await assert.rejects(openCheckpoint(file(`{${tensors}}`, 17)), {
    code: "truncated",
    message: /2 of 3 tensors are whole/,
  });
});

test("parseHeader() reads 100,000 entries without trouble, also in no order", () => {
  const count = 100_000;
  const order = Array.from({ length: count }, (_, i) => (i * 7919) % count);
  const entries = order.map((i) =>
    `"layers.${i}":{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`
  );
  const { tensors } = parseHeader(new TextEncoder().encode(`{${entries}}`));
  assert.equal(tensors.length, count);
  assert.deepEqual([tensors[0]!.name, tensors[count - 1]!.name], ["layers.0", "layers.99999"]);
});
