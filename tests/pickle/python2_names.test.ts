import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { toPython2, toPython3 } from "../../src/pickle/python2_names.ts";

type Name = [module: string, name: string];

/** The four tables of CPython 3.11's `_compat_pickle`, written by make_fixtures.py. */
const facts = JSON.parse(
  readFileSync(new URL("../../fixtures/pickle/compat_pickle.json", import.meta.url), "utf8"),
) as {
  name_mapping: [Name, Name][];
  import_mapping: [string, string][];
  reverse_name_mapping: [Name, Name][];
  reverse_import_mapping: [string, string][];
};

test("toPython3() renames every name that CPython renames", () => {
  assert.equal(facts.name_mapping.length, 88);
  for (const [[module, name], expected] of facts.name_mapping) {
    assert.deepEqual(toPython3(module, name), expected, `${module}.${name}`);
  }
});

test("toPython3() renames every module that CPython renames", () => {
  assert.equal(facts.import_mapping.length, 55);
  for (const [module, expected] of facts.import_mapping) {
    assert.deepEqual(toPython3(module, "any_name"), [expected, "any_name"], module);
  }
});

test("toPython2() goes back by every name of CPython's reverse table", () => {
  assert.equal(facts.reverse_name_mapping.length, 112);
  for (const [[module, name], expected] of facts.reverse_name_mapping) {
    assert.deepEqual(toPython2(module, name), expected, `${module}.${name}`);
  }
});

test("toPython2() goes back by every module of CPython's reverse table", () => {
  assert.equal(facts.reverse_import_mapping.length, 47);
  for (const [module, expected] of facts.reverse_import_mapping) {
    assert.deepEqual(toPython2(module, "any_name"), [expected, "any_name"], module);
  }
});

test("toPython2() leaves what CPython's reverse table leaves out", () => {
  assert.deepEqual(toPython2("socket", "SocketType"), ["socket", "SocketType"]);
  assert.deepEqual(toPython2("collections", "OrderedDict"), ["collections", "OrderedDict"]);
  assert.deepEqual(toPython2("pickle", "loads"), ["pickle", "loads"]);
  assert.deepEqual(toPython2("io", "StringIO"), ["io", "StringIO"]);
  assert.deepEqual(toPython2("xml.etree.ElementTree", "Element"), [
    "xml.etree.ElementTree",
    "Element",
  ]);
});

test("toPython3() leaves every other name, also those of Object.prototype", () => {
  assert.deepEqual(toPython3("torch", "FloatStorage"), ["torch", "FloatStorage"]);
  assert.deepEqual(toPython3("constructor", "__proto__"), ["constructor", "__proto__"]);
  assert.deepEqual(toPython3("__builtin__", "__proto__"), ["builtins", "__proto__"]);
  assert.deepEqual(toPython3("exceptions", "constructor"), ["exceptions", "constructor"]);
});
