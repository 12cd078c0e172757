import assert from "node:assert/strict";
import { test } from "node:test";
import { indexText, planShards, shardName } from "../../src/formats/huggingface/plan.ts";

const plan = (sizes: number[], limit: number) =>
  planShards(sizes.map((nbytes, i) => ({ names: [String(i)], nbytes })), limit)
    .map((shard) => shard.map(({ names }) => names.join()).join("+"));

// What huggingface_hub's split_state_dict_into_shards_factory does: a tensor that is too large for
// any shard goes out at once, before those that wait.
test("planShards() fills shards in order", () => {
  assert.deepEqual(plan([4, 4, 4], 8), ["0+1", "2"]);
  assert.deepEqual(plan([4, 4, 4], 12), ["0+1+2"]);
  assert.deepEqual(plan([3, 20, 3, 3], 8), ["1", "0+2", "3"]);
  assert.deepEqual(plan([8, 8], 8), ["0", "1"]);
  assert.deepEqual(plan([0, 0, 9, 0], 8), ["2", "0+1+3"]);
  assert.deepEqual(plan([], 8), []);
});

test("shardName() counts as Hugging Face does", () => {
  assert.equal(shardName("model", ".safetensors", 1, 3), "model-00001-of-00003.safetensors");
  assert.equal(shardName("pytorch_model", ".bin", 12, 163), "pytorch_model-00012-of-00163.bin");
});

test("indexText() writes what json.dumps does", () => {
  // json.dumps({"metadata": {"total_size": 12}, "weight_map": {...}}, indent=2, sort_keys=True) + "\n"
  assert.equal(
    indexText(new Map([["b", "2"], ['a"\u00e9\x7f\u{1f600}', "1"]]), 12),
    '{\n  "metadata": {\n    "total_size": 12\n  },\n  "weight_map": {\n' +
      '    "a\\"\\u00e9\\u007f\\ud83d\\ude00": "1",\n    "b": "2"\n  }\n}\n',
  );
  // {"metadata": {"total_size": 3, **{"b": "a"}}, ...}: huggingface_hub's save_torch_state_dict
  assert.equal(
    indexText(new Map([["a", "1"]]), 3, new Map([["b", "a"]])),
    '{\n  "metadata": {\n    "b": "a",\n    "total_size": 3\n  },\n  "weight_map": {\n' +
      '    "a": "1"\n  }\n}\n',
  );
  assert.equal(
    indexText(new Map(), 0),
    '{\n  "metadata": {\n    "total_size": 0\n  },\n  "weight_map": {}\n}\n',
  );
});
