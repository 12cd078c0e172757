import assert from "node:assert/strict";
import { test } from "node:test";
import { compareArraysDocument } from "./compare_arrays.ts";
import type { ArraysEntry } from "./corpus.ts";
import type { InspectDocument } from "./document.ts";
import { parseExact } from "./json.ts";

const HASH = "0".repeat(64);

const ENTRY = parseExact(`{
  "file": "a.joblib", "about": "hand-made", "format": "joblib", "compression": "zlib",
  "expect": "ok", "bytes": 100,
  "tensors": [
    {"name": "x", "dtype": "float32", "shape": [2, 3], "order": "C", "sha256": "${HASH}", "offset": 240},
    {"name": "y", "dtype": [["a", "<i4"], ["b", "<f8"]], "shape": [1], "order": "C", "sha256": "${HASH}",
     "stored_byteorder": "big", "stored_dtype": [["a", ">i4"], ["b", ">f8"]]},
    {"name": "z", "dtype": "float32", "shape": [2, 3], "order": "F", "sha256": "${HASH}",
     "alias_of": "x", "subclass": "numpy.matrix"},
    {"name": "o", "dtype": "object", "shape": [1], "order": "C", "sha256": null}
  ],
  "values": {"n": 1, "tol": 0.0, "o.0": {"$frozenset": ["a", 1.0]}, "again": {"$ref": "p"}, "big": "9007199254740993"},
  "kinds": {"": "dict", "p": "my.Class"},
  "globals": ["joblib.numpy_pickle.NumpyArrayWrapper", "numpy.ndarray", "my.Class"]
}`) as ArraysEntry;

const DOCUMENT = JSON.stringify({
  file: "a.joblib",
  format: "joblib",
  size: 100,
  compression: "zlib",
  tensors: [
    { name: "x", dtype: "float32", shape: [2, 3], order: "C", sha256: HASH, offset: 0 },
    {
      name: "y",
      dtype: [["a", "<i4"], ["b", "<f8"]],
      shape: [1],
      order: "C",
      sha256: HASH,
      stored_byteorder: "big",
      stored_dtype: [["a", ">i4"], ["b", ">f8"]],
    },
    {
      name: "z",
      dtype: "float32",
      shape: [2, 3],
      order: "F",
      sha256: HASH,
      alias_of: "x",
      subclass: "numpy.matrix",
    },
    { name: "o", dtype: "object", shape: [1], order: "C" },
  ],
  values: {
    n: 1,
    tol: "0.0!",
    "o.0": { $frozenset: ["1.0!", "a"] },
    again: { $ref: "p" },
    big: "9007199254740993!",
  },
  kinds: { "": "dict", p: "my.Class" },
  globals: ["joblib.numpy_pickle.NumpyArrayWrapper", "numpy.ndarray", "my.Class"],
}).replace(/"([^"]*)!"/g, "$1");

/** What to change in the right document, and what the comparison must say then. */
const CHANGES: readonly [string, string, RegExp][] = [
  [`"format":"joblib"`, `"format":"pickle"`, /^format: /],
  [`"size":100`, `"size":99`, /^size: /],
  [`"compression":"zlib"`, `"compression":"none"`, /^compression: /],
  [`"name":"x"`, `"name":"w"`, /^tensors: missing \["x"\], unexpected \["w"\]$/],
  [`"dtype":"float32"`, `"dtype":"float64"`, /^x: dtype is/],
  [`["a","<i4"]`, `["a","<i8"]`, /^y: dtype is/],
  [`"shape":[2,3]`, `"shape":[6]`, /^x: shape is/],
  [`"order":"F"`, `"order":"C"`, /^z: order is/],
  [`"sha256":"0`, `"sha256":"1`, /^x: sha256 is/],
  [`"offset":0`, `"stream_offset":241`, /^x: stream_offset is 241, not 240$/],
  [`"stored_byteorder":"big"`, `"x":0`, /^y: stored_byteorder is/],
  [`"stored_dtype"`, `"x"`, /^y: stored_dtype is/],
  [`"alias_of":"x"`, `"alias_of":"y"`, /^z: alias_of is/],
  [`"subclass":"numpy.matrix"`, `"x":0`, /^z: subclass is/],
  [`"name":"o"`, `"error":{},"name":"o"`, /^o: can't be read/],
  [`"n":1`, `"n":1.0`, /^value "n" is "float 1", not 1$/],
  [`"n":1`, `"m":1`, /^value "n" is missing$/],
  [`"n":1`, `"n":1,"m":1`, /^value "m" is unexpected: 1$/],
  [`"tol":0.0`, `"tol":-0.0`, /^value "tol" is/],
  [`"$frozenset":[1.0,"a"]`, `"$frozenset":[1.0,"b"]`, /^value "o.0" is/],
  [`"$ref":"p"`, `"$ref":"q"`, /^value "again" is/],
  [`"big":9007199254740993`, `"big":9007199254740992`, /^value "big" is/],
  [`"p":"my.Class"`, `"p":"dict"`, /^kind of "p" is "dict", not "my.Class"$/],
  [`"p":"my.Class"`, `"p":"my.Class","q":"list"`, /^kinds of \["q"\] unexpected$/],
  [`"kinds"`, `"kind"`, /^the document has no kinds$/],
  [`"values"`, `"value"`, /^the document has no values$/],
  [`"numpy.ndarray",`, ``, /^globals: /],
  [`"size":100`, `"error":{"code":"corrupt","message":"No"}`, /^can't be read/],
];

test("compareArraysDocument() finds nothing where nothing differs", () => {
  assert.deepEqual(compareArraysDocument(ENTRY, parseExact(DOCUMENT) as InspectDocument), []);
});

for (const [from, to, message] of CHANGES) {
  test(`compareArraysDocument() notices ${from} turned into ${to}`, () => {
    assert.ok(DOCUMENT.includes(from), `the document has no ${from}`);
    const document = parseExact(DOCUMENT.replace(from, to)) as InspectDocument;
    const differences = compareArraysDocument(ENTRY, document);
    assert.ok(
      differences.some((difference) => message.test(difference)),
      `${message} isn't among ${JSON.stringify(differences)}`,
    );
  });
}

test("compareArraysDocument() notices tensors out of order", () => {
  const document = parseExact(DOCUMENT) as { tensors: unknown[] };
  document.tensors.push(document.tensors.shift());
  assert.match(
    compareArraysDocument(ENTRY, document as InspectDocument).join(),
    /tensors: order is/,
  );
});

test("compareArraysDocument() takes the answers that an entry accepts, and no others", () => {
  const right = parseExact(DOCUMENT) as InspectDocument;
  const error = (code: string): InspectDocument => ({ error: { code, message: "No" } });
  const expect =
    (expected: ArraysEntry["expect"], more: Partial<ArraysEntry> = {}) =>
    (document: InspectDocument) =>
      compareArraysDocument({ ...ENTRY, expect: expected, ...more }, document).length === 0;
  const corrupt = expect("corrupt");
  assert.deepEqual([corrupt(error("truncated")), corrupt(error("io")), corrupt(right)], [
    true,
    false,
    false,
  ]);
  const refused = expect("refused");
  assert.deepEqual([refused(error("limit")), refused(error("corrupt")), refused(right)], [
    true,
    false,
    false,
  ]);
  const hostile = expect("refused", { refused: ["my.Class", "ext:7"] });
  assert.deepEqual([hostile(right), hostile({ ...right, globals: [] })], [true, false]);
  const either = expect("ok", { also_accept: ["refused"] });
  assert.deepEqual([either(right), either(error("refused")), either(error("corrupt"))], [
    true,
    true,
    false,
  ]);
});

test("compareArraysDocument() wants the refused members of an archive named", () => {
  const entry = { ...ENTRY, refused_members: ["obj"] };
  const document = parseExact(DOCUMENT) as InspectDocument;
  assert.match(compareArraysDocument(entry, document).join(), /obj: is an object array/);
  document.tensors!.push({ name: "obj", error: { code: "refused" } });
  assert.deepEqual(compareArraysDocument(entry, document), []);
});
