import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRefusal, compareTorchDocument } from "./compare_torch.ts";
import type { TorchEntry } from "./corpus.ts";
import type { InspectDocument } from "./document.ts";
import { parseExact } from "./json.ts";

const HASH = "0".repeat(64);

function tensor(name: string, storage: string, more: object = {}): object {
  return {
    name,
    dtype: "float32",
    shape: [2, 3],
    stride: [3, 1],
    offset: 0,
    storage,
    sha256: HASH,
    parameter: false,
    requires_grad: false,
    layout: "strided",
    storage_nbytes: 24,
    ...more,
  };
}

function listed(name: string, storage: string, more: object = {}): object {
  return {
    name,
    dtype: "float32",
    shape: [2, 3],
    stride: [3, 1],
    offset: 0,
    storage,
    nbytes: 24,
    sha256: HASH,
    parameter: false,
    requiresGrad: false,
    layout: "strided",
    order: "C",
    ...more,
  };
}

const PART = { dtype: "int64", shape: [4], stride: [1], offset: 0, sha256: HASH };

/** An entry with a little of everything, and below it the document that says the same. */
const ENTRY = parseExact(
  JSON.stringify({
    file: "a.pt",
    about: "hand-made",
    format: "torch-zip",
    expect: "ok",
    bytes: 1000,
    location: "cuda:0",
    tensors: [
      tensor("a", "s0"),
      tensor("tied", "s0"),
      tensor("own", "s1", { parameter: true, requires_grad: true, module_name: "fc.own" }),
      tensor("view", "s1", { shape: [3], stride: [1], offset: 3, conj: true, raw_sha256: HASH }),
      tensor("sparse", "", {
        storage: null,
        stride: null,
        offset: null,
        sha256: null,
        storage_nbytes: undefined,
        layout: "sparse_coo",
        dense_sha256: HASH,
        sparse: { indices: PART, values: PART, coalesced: true },
      }),
      tensor("shared.x", "s2", {
        class: "my.Tensor",
        state: { tensors: [tensor("inner", "s0")], values: { tag: "t" } },
      }),
      tensor("again.x", "s2", {
        class: "my.Tensor",
        state: { tensors: [tensor("inner", "s0")], values: { tag: "t" } },
      }),
      tensor("wrapped", "", {
        storage: null,
        offset: null,
        storage_nbytes: undefined,
        sha256: null,
        layout: "dtensor",
        placements: ["Replicate()"],
        local: { ...PART, storage: "s3" },
      }),
    ],
    arrays: [{ name: "rng", dtype: ">i4", shape: [3], order: "C", sha256: HASH }],
    storages: [{
      name: "raw",
      kind: "untyped",
      dtype: "uint8",
      nbytes: 4,
      storage: "s4",
      sha256: HASH,
    }],
    values: {
      epoch: 3,
      lr: "1.0!",
      zero: "-0.0!",
      tags: { $set: [1, 2] },
      phase: { $opaque: "my.Phase" },
      "again.n": 1,
      "shared.n": 1,
      "(1, 'a')": 5,
      big: "9007199254740993!",
    },
    attributes: { "": { _metadata: { fc: { version: 2 } } } },
    globals: ["collections.OrderedDict", "torch._utils._rebuild_tensor_v2"],
    unsafe_globals: ["my.Tensor"],
  }).replace(/"([^"]*)!"/g, "$1"),
) as TorchEntry;

const DOCUMENT = JSON.stringify({
  file: "a.pt",
  format: "torch-zip",
  size: 1000,
  compression: "none",
  tensors: [
    listed("a", "0", { device: "cuda:0" }),
    listed("tied", "0"),
    listed("rng", "", {
      dtype: "int32",
      shape: [3],
      storage: null,
      stored_byteorder: "big",
    }),
    listed("own", "1", { parameter: true, requiresGrad: true, module_name: "fc.own" }),
    listed("view", "1", {
      shape: [3],
      stride: [1],
      offset: 3,
      nbytes: 12,
      storage_nbytes: 24,
      conj: true,
      raw_sha256: HASH,
    }),
    listed("sparse", "", {
      storage: null,
      stride: null,
      sha256: null,
      layout: "sparse_coo",
      dense_sha256: HASH,
      sparse: { indices: PART, values: PART, coalesced: true, extra: 1 },
    }),
    listed("shared.x", "2", {
      class: "my.Tensor",
      state: { tensors: [listed("inner", "0")], values: { tag: "t" } },
    }),
    listed("wrapped", "", {
      storage: null,
      offset: null,
      sha256: null,
      layout: "dtensor",
      placements: ["Replicate()"],
      local: { ...PART, storage: "3" },
    }),
  ],
  storages: [{
    name: "raw",
    kind: "untyped",
    dtype: "uint8",
    nbytes: 4,
    storage: "4",
    sha256: HASH,
  }],
  values: {
    epoch: 3,
    lr: "1.0!",
    zero: "-0.0!",
    tags: { $set: [2, 1] },
    "phase.__args__.0": "TRAIN",
    "shared.n": 1,
    again: { $ref: "shared" },
    "(1,a)": 5,
    big: "9007199254740993",
  },
  attributes: { "": { _metadata: { fc: { version: 2 } } } },
  globals: ["collections.OrderedDict", "torch._utils._rebuild_tensor_v2"],
}).replace(/"([^"]*)!"/g, "$1");

/** The document with one piece of its text replaced. */
function changed(from: string, to: string): InspectDocument {
  assert.ok(DOCUMENT.includes(from), `the document has no ${from}`);
  return parseExact(DOCUMENT.replace(from, to)) as InspectDocument;
}

/** What to change in the right document, and what the comparison must say then. */
const CHANGES: readonly [string, string, RegExp][] = [
  [`"format":"torch-zip"`, `"format":"zip"`, /^format: /],
  [`"size":1000`, `"size":999`, /^size: /],
  [`"name":"own"`, `"name":"owm"`, /^own: is missing$/],
  [`"name":"tied"`, `"name":"a"`, /two tensors bear the same name/],
  [`"name":"a",`, `"name":"z",`, /^z: is unexpected$/],
  [`"dtype":"float32"`, `"dtype":"float16"`, /^a: dtype is "float16", not "float32"$/],
  [`"shape":[2,3]`, `"shape":[3,2]`, /^a: shape is/],
  [`"stride":[3,1]`, `"stride":[1,2]`, /^a: stride is/],
  [`"offset":3`, `"offset":0`, /^view: offset is 0, not 3$/],
  [
    `"name":"tied","dtype":"float32","shape":[2,3],"stride":[3,1],"offset":0,"storage":"0"`,
    `"name":"tied","dtype":"float32","shape":[2,3],"stride":[3,1],"offset":0,"storage":"9"`,
    /^tied: should share its storage with a$/,
  ],
  [
    `"name":"own","dtype":"float32","shape":[2,3],"stride":[3,1],"offset":0,"storage":"1"`,
    `"name":"own","dtype":"float32","shape":[2,3],"stride":[3,1],"offset":0,"storage":"0"`,
    /^own: shares its storage with a but shouldn't$/,
  ],
  [`"storage":"0"`, `"storage":null`, /^a: has no storage$/],
  [`"nbytes":12`, `"nbytes":24`, /^view: nbytes is 24, not 12$/],
  [`"storage_nbytes":24`, `"storage_nbytes":12`, /^view: its storage has 12, not 24$/],
  [`"sha256":"0`, `"sha256":"1`, /^a: sha256 is/],
  [`"sha256":"${HASH}"`, `"error":{"code":"truncated"}`, /^a: can't be read/],
  [`"parameter":true`, `"parameter":false`, /^own: parameter is false, not true$/],
  [`"requiresGrad":true`, `"requiresGrad":false`, /^own: requiresGrad is false, not true$/],
  [`"layout":"sparse_coo"`, `"layout":"strided"`, /^sparse: layout is/],
  [`"coalesced":true`, `"coalesced":false`, /^sparse: sparse is/],
  [`"order":"C"`, `"order":"F"`, /^a: order is "F", not C$/],
  [`"conj":true`, `"conj":false`, /^view: conj is false, not true$/],
  [`"raw_sha256":"0`, `"raw_sha256":"1`, /^view: raw_sha256 is/],
  [`"dense_sha256":"0`, `"dense_sha256":"1`, /^sparse: dense_sha256 is/],
  [`"module_name":"fc.own"`, `"module_name":"own"`, /^own: module_name is/],
  [`"class":"my.Tensor"`, `"class":"my.Other"`, /^shared.x: class is/],
  [`"tag":"t"`, `"tag":"u"`, /^shared.x: in its state: value "tag" is "u", not "t"$/],
  [`"name":"inner"`, `"name":"outer"`, /^shared.x: in its state: inner: is missing$/],
  [`"placements":["Replicate()"]`, `"placements":["Shard(dim=0)"]`, /^wrapped: placements is/],
  [`"storage":"3"`, `"storage":"0"`, /^wrapped.local: shares its storage with a/],
  [`"device":"cuda:0"`, `"device":"cpu"`, /^no tensor says that it was saved from cuda:0$/],
  [`"device":"cuda:0"`, `"device":"meta"`, /^a: device is "meta", not "cpu"$/],
  [`"stored_byteorder":"big"`, `"stored_byteorder":"little"`, /^rng: stored_byteorder is/],
  [`"dtype":"int32"`, `"dtype":"int64"`, /^rng: dtype is "int64", not "int32"$/],
  [`"name":"raw"`, `"name":"row"`, /^the storage "raw" is missing$/],
  [`"kind":"untyped"`, `"kind":"typed"`, /^raw: kind is/],
  [`"epoch":3`, `"epoch":4`, /^value "epoch" is 4, not 3$/],
  [`"epoch":3`, `"epoch":3.0`, /^value "epoch" is "float 3", not 3$/],
  [`"epoch":3`, `"epoch":"3"`, /^value "epoch" is "3", not 3$/],
  [`"epoch":3`, `"epoc":3`, /^value "epoch" is missing$/],
  [`"epoch":3`, `"epoch":3,"more":1`, /^value "more" is unexpected: 1$/],
  [`"lr":1.0`, `"lr":1`, /^value "lr" is 1, not "float 1"$/],
  [`"zero":-0.0`, `"zero":0.0`, /^value "zero" is "float 0", not "float -0"$/],
  [`"$set":[2,1]`, `"$set":[2,2]`, /^value "tags" is/],
  [`"phase.__args__.0":"TRAIN",`, ``, /^value "phase" is missing$/],
  [`"$ref":"shared"`, `"$ref":"own"`, /^value "again.n" is missing$/],
  [`"big":"9007199254740993"`, `"big":9007199254740992`, /^value "big" is/],
  [`"version":2`, `"version":1`, /^attributes are/],
  [`"collections.OrderedDict",`, ``, /^globals: /],
  [`"compression":"none",`, `"error":{"code":"corrupt","message":"No"},`, /^can't be read/],
];

test("compareTorchDocument() finds nothing where nothing differs", () => {
  assert.deepEqual(compareTorchDocument(ENTRY, parseExact(DOCUMENT) as InspectDocument), []);
});

for (const [from, to, message] of CHANGES) {
  test(`compareTorchDocument() notices ${from.slice(0, 40)} turned into ${to.slice(0, 40)}`, () => {
    const differences = compareTorchDocument(ENTRY, changed(from, to));
    assert.ok(
      differences.some((difference) => message.test(difference)),
      `${message} isn't among ${JSON.stringify(differences)}`,
    );
  });
}

test("compareTorchDocument() notices tensors out of order", () => {
  const document = parseExact(DOCUMENT) as { tensors: unknown[] };
  document.tensors.push(document.tensors.shift());
  assert.match(compareTorchDocument(ENTRY, document as InspectDocument).join(), /too early/);
});

test("compareTorchDocument() lets a partial entry leave out what it doesn't know", () => {
  const partial = { ...ENTRY, check: false };
  const more = changed(`"epoch":3`, `"epoch":3,"more":1`);
  more.tensors!.push({ name: "extra" });
  assert.deepEqual(compareTorchDocument(partial, more), []);
  const less = changed(`"name":"own"`, `"name":"owm"`);
  assert.match(compareTorchDocument(partial, less).join(), /own: is missing/);
});

test("compareTorchDocument() looks for inner tensors anywhere", () => {
  const inner = [{ ...ENTRY.tensors![0]!, name: "data" }];
  const document = parseExact(DOCUMENT) as InspectDocument;
  assert.deepEqual(compareTorchDocument({ ...ENTRY, inner_tensors: inner }, document), []);
  const other = [{ ...inner[0]!, sha256: "1".repeat(64) }];
  assert.match(compareTorchDocument({ ...ENTRY, inner_tensors: other }, document).join(), /"data"/);
});

test("compareTorchDocument() wants a broken file to end in an error that blames it", () => {
  const corrupt: TorchEntry = { ...ENTRY, expect: "corrupt", fails_at: "open" };
  const right = parseExact(DOCUMENT) as InspectDocument;
  const error = (code: string): InspectDocument => ({ error: { code, message: "Cut off" } });
  assert.deepEqual(compareTorchDocument(corrupt, error("truncated")), []);
  assert.deepEqual(compareTorchDocument(corrupt, error("io")), [
    "error code io doesn't blame the file",
  ]);
  assert.match(compareTorchDocument(corrupt, right).join(), /nothing was said/);
  assert.deepEqual(compareTorchDocument({ ...corrupt, lenient: true }, right), []);
});

test("compareTorchDocument() wants bad bytes named and the others right", () => {
  const corrupt: TorchEntry = {
    ...ENTRY,
    expect: "corrupt",
    fails_at: "read",
    bad_tensors: ["a"],
  };
  const said = changed(`"sha256":"${HASH}"`, `"error":{"code":"corrupt"}`);
  assert.deepEqual(compareTorchDocument(corrupt, said), []);
  const unsaid = parseExact(DOCUMENT) as InspectDocument;
  assert.match(compareTorchDocument(corrupt, unsaid).join(), /a: its bytes are bad/);
  const elsewhere = { ...corrupt, bad_tensors: ["own"] };
  assert.match(compareTorchDocument(elsewhere, said).join(), /a: can't be read/);
});

test("compareRefusal() wants every unsafe name", () => {
  const globals = [{ name: "my.Tensor" }];
  assert.deepEqual(compareRefusal(ENTRY, { code: "refused", globals }), []);
  assert.match(compareRefusal(ENTRY, { code: "refused" }).join(), /doesn't name my.Tensor/);
  assert.match(compareRefusal(ENTRY, { code: "corrupt", globals }).join(), /corrupt, not refused/);
});
