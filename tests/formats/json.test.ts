import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import type { Checkpoint } from "../../src/checkpoint/checkpoint.ts";
import { memorySink } from "../../src/io/sink.ts";
import { inRepo } from "../support/corpus.ts";

/** `pickle.dumps(value, 2)` of CPython 3.11. */
const PICKLES: readonly (readonly [hex: string, json: string])[] = [
  // {"Name": "Alice", "Age": 25}
  [
    "80027d71002858040000004e616d6571015805000000416c6963657102580300000041676571034b19752e",
    '{"Name":"Alice","Age":25}',
  ],
  // (1, 2.0, True, None)
  ["8002284b01474000000000000000884e7471002e", '{"$tuple":[1,2.0,true,null]}'],
  // {3: "x"}
  ["80027d71004b035801000000787101732e", '{"$dict":[[3,"x"]]}'],
  // {"$set": 1}
  ["80027d710058040000002473657471014b01732e", '{"$dict":[["$set",1]]}'],
  // a = []; a.append(a)
  ["80025d71006800612e", '{"$id":1,"$":[{"$ref":1}]}'],
  // 2 ** 70
  ["80028a090000000000000000402e", '{"$int":"1180591620717411303424"}'],
  // datetime.timedelta
  ["8002636461746574696d650a74696d6564656c74610a71002e", '{"$global":"datetime:timedelta"}'],
];

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}

async function written(
  input: Checkpoint,
  format: string,
  protocol = 2,
): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  await saveCheckpoint(sink, input, { format, protocol });
  return sink.bytes().slice();
}

test("a pickle becomes the JSON of docs/json.md, and the very same pickle again", async () => {
  for (const [hex, json] of PICKLES) {
    await using pickle = await openCheckpoint(fromHex(hex), { inert: true });
    const text = await written(pickle, "json");
    assert.equal(new TextDecoder().decode(text).trim(), json);
    await using back = await openCheckpoint(text, { inert: true });
    assert.equal(back.format, "json");
    assert.deepEqual(await written(back, "pickle"), fromHex(hex), json);
  }
});

test("a checkpoint of PyTorch keeps its storages, its flags and its tree in JSON", async () => {
  for (const name of ["tied.pt", "checkpoint.pt"]) {
    await using original = await openCheckpoint(inRepo("fixtures", "torch", name));
    await using copy = await openCheckpoint(await written(original, "json"));
    assert.deepEqual([...copy.tensors.keys()], [...original.tensors.keys()]);
    for (const [path, tensor] of original.tensors) {
      const twin = copy.tensors.get(path)!;
      assert.deepEqual([twin.dtype.name, twin.shape, twin.stride, twin.offset], [
        tensor.dtype.name,
        tensor.shape,
        tensor.stride,
        tensor.offset,
      ]);
      assert.deepEqual((await twin.load()).bytes(), (await tensor.load()).bytes(), path);
    }
    const sharing = ({ tensors }: Checkpoint) =>
      new Set([...tensors.values()].map((t) => t.storage));
    assert.equal(sharing(copy).size, sharing(original).size);
    const leaves = ({ outline }: Checkpoint, checkpoint: Checkpoint) =>
      [...outline.call(checkpoint)].flatMap((entry) => entry.kind === "leaf" ? [entry.path] : []);
    assert.deepEqual(leaves(copy, copy), leaves(original, original));
  }
});

test("JSON that follows no scheme is refused with what to do", async () => {
  for (
    const [text, message] of [
      ['{"$statedict":2,"value":1}', /later version/],
      ['{"a":{"$ref":9}}', /\$ref|9/],
      ['{"a":{"$bytes":"%%"}}', /base64|\$bytes/],
      [
        '{"$statedict":1,"value":{"$tensor":{"dtype":"float32","shape":[4],"stride":[1],"offset":0,"storage":0}},"storages":["AAAA"]}',
        /bytes|storage/,
      ],
    ] as const
  ) {
    const open = openCheckpoint(new TextEncoder().encode(text), { inert: true });
    await assert.rejects(open, (error: { code?: string; message: string }) => {
      assert.match(error.code!, /corrupt|unsupported/);
      assert.match(error.message, message);
      return true;
    });
  }
});
