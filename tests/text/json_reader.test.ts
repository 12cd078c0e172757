import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonReader } from "../../src/text/json_reader.ts";

const read = (text: string) => new JsonReader(text, { title: "The text", offset: 100 });

test("JsonReader reads objects and arrays token by token", () => {
  const reader = read(' {"a" : [1, 2 ],\n"b":{}, "c":[] } ');
  const seen: string[] = [];
  for (let more = reader.enterObject(); more; more = reader.nextMember()) {
    const key = reader.key();
    if (key === "a") {
      const items: (number | bigint)[] = [];
      for (let item = reader.enterArray(); item; item = reader.nextItem()) {
        items.push(reader.unsigned());
      }
      seen.push(`a=${items}`);
    } else seen.push(`${key}=${reader.skip()}`);
  }
  reader.end();
  assert.deepEqual(seen, ["a=1,2", "b={}", "c=[]"]);
});

test("JsonReader unescapes strings as RFC 8259 has it", () => {
  const strings: [json: string, value: string][] = [
    ['""', ""],
    ['"caf\u00e9 \u{1f600}"', "caf\u00e9 \u{1f600}"],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\u00e9\\uD83D\\ude00x"', "\u00e9\u{1f600}x"],
    ['"a\u007f"', "a\u007f"],
  ];
  for (const [json, value] of strings) assert.equal(read(json).string(), value, json);
});

test("JsonReader refuses strings that are none", () => {
  const bad = ['"', '"a', '"\\', '"\\x"', '"\\u12"', '"\\u123g"', '"\\ud800"', '"\\udc00\\ud800"'];
  for (const json of [...bad, '"a\nb"', '"\0"', "'a'", "a"]) {
    assert.throws(() => read(json).string(), { code: "corrupt" }, json);
  }
});

test("JsonReader takes only plain integers of 64 bits", () => {
  const numbers: [json: string, value: number | bigint][] = [
    ["0", 0],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["18446744073709551615", 18446744073709551615n],
  ];
  for (const [json, value] of numbers) assert.equal(read(json).unsigned(), value);
  const bad = ["-1", "-0", "+1", "01", "00", "1.0", "1e0", "1E2", "18446744073709551616", "", "a"];
  for (const json of bad) assert.throws(() => read(json).unsigned(), { code: "corrupt" }, json);
});

test("JsonReader refuses commas, colons and brackets out of place", () => {
  const walk = (json: string) => {
    const reader = read(json);
    reader.skip();
    reader.end();
  };
  walk('{"a":[1,-2.5e+3,true,false,null,{"b":"c"}]}');
  const bad = ["{", "[", '{"a"}', '{"a":}', '{"a":1,}', "[1,]", "[,1]", "[1 2]", '{"a":1 "b":2}'];
  const more = [
    "{a:1}",
    "{1:2}",
    "[}",
    '{"a":1]',
    "{}{}",
    "{} x",
    "{}\0",
    "tru",
    "nul",
    "NaN",
    "-",
  ];
  for (const json of [...bad, ...more]) assert.throws(() => walk(json), { code: "corrupt" }, json);
});

test("JsonReader goes 127 levels deep, as serde_json does", () => {
  const nested = (levels: number) => "[".repeat(levels) + "1" + "]".repeat(levels);
  assert.equal(read(nested(127)).skip(), nested(127));
  assert.throws(() => read(nested(128)).skip(), { code: "corrupt" });
  assert.throws(() => read("[".repeat(1_000_000)).skip(), { code: "corrupt" });
});

test("JsonReader says where in the file it stopped", () => {
  assert.throws(() => read('{"a":01}').skip(), { offset: 106 });
});
