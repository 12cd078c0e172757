import assert from "node:assert/strict";
import { test } from "node:test";
import { isHidden } from "../../src/text/escape.ts";
import { JsonFloat, jsonText, type JsonValue, writeJson } from "../../src/text/json.ts";

test("jsonText() writes scalars and containers in their order", () => {
  const value = { b: [1, -2.5, null, true, "x"], a: {}, "2": [], "1": undefined };
  assert.equal(jsonText(value), '{"2":[],"b":[1,-2.5,null,true,"x"],"a":{}}');
});

test("jsonText() writes integers exactly", () => {
  // Python: 2**53, 2**62, 2**64 - 1, -(2**70)
  assert.equal(jsonText(2 ** 53), "9007199254740992");
  assert.equal(jsonText(2 ** 62), "4611686018427387904");
  assert.equal(jsonText(18446744073709551615n), "18446744073709551615");
  assert.equal(jsonText([-(2n ** 70n)]), "[-1180591620717411303424]");
  assert.equal(jsonText(-0), "0");
});

test("jsonText() writes floats with a point or an exponent, as Python's json does", () => {
  const floats: [number, string][] = [
    [1, "1.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [1e20, "100000000000000000000.0"],
    [1e21, "1e+21"],
    [-5e-324, "-5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
  ];
  for (const [value, text] of floats) {
    assert.equal(jsonText(new JsonFloat(value)), text);
    assert.ok(Object.is(JSON.parse(text), value));
  }
});

test("jsonText() throws for numbers that JSON doesn't have", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    assert.throws(() => jsonText(value), TypeError);
    assert.throws(() => jsonText([new JsonFloat(value)]), TypeError);
  }
});

test("jsonText() keeps every key of a Map, __proto__ too", () => {
  const map = new Map<string, JsonValue>([["__proto__", 1], ["2", 2], ["1", new Map()]]);
  assert.equal(jsonText(map), '{"__proto__":1,"2":2,"1":{}}');
});

test("jsonText() reads own properties only and asks nobody for toJSON", () => {
  const own: Record<string, JsonValue> = Object.create(null);
  own.toJSON = "a name";
  assert.equal(jsonText(own), '{"toJSON":"a name"}');
  const notPlain = [new Date(0), new Uint8Array(2), new (class Tensor {})(), () => 1, undefined];
  for (const value of notPlain) {
    assert.throws(() => jsonText([value as unknown as JsonValue]), TypeError);
  }
});

test("jsonText() escapes what a terminal would act on, and reads back the same", () => {
  const text = 'q"b\\\n\r\t\0\x1b\x7f\x9b\u2028\u202e\ufeff\ud800' + "\u{e0041}é重🙂";
  const json = jsonText({ [text]: text });
  assert.equal(
    jsonText(text),
    '"q\\"b\\\\\\n\\r\\t\\u0000\\u001b\\u007f\\u009b\\u2028\\u202e\\ufeff\\ud800\\udb40\\udc41é重🙂"',
  );
  assert.ok([...json].every((character) => !isHidden(character)));
  assert.deepEqual(JSON.parse(json), { [text]: text });
});

test("jsonText() writes values that are nested 10,000 deep", () => {
  let value: JsonValue = 1;
  for (let i = 0; i < 10_000; i++) value = i % 2 ? [value] : new Map([["k", value]]);
  const json = jsonText(value);
  assert.equal(json.length, 1 + 5_000 * (2 + 6));
  assert.ok(json.startsWith('[{"k":[{"k":') && json.endsWith("1}]}]".slice(-4)));
});

test("writeJson() hands on a long value in parts", () => {
  const parts: string[] = [];
  const value = Array.from({ length: 50_000 }, (_, i) => `name ${i}`);
  writeJson(value, (part) => parts.push(part));
  assert.ok(parts.length > 5);
  assert.ok(parts.every((part) => part.length < 70_000));
  assert.deepEqual(JSON.parse(parts.join("")), value);
});
