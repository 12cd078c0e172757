import assert from "node:assert/strict";
import { test } from "node:test";
import { loads } from "../../src/checkpoint/plain.ts";
import { isStateDictError } from "../../src/errors.ts";
import { numpyReducers } from "../../src/formats/numpy/pickled.ts";
import { parsePickle } from "../../src/pickle/read.ts";
import { makeReduce } from "../../src/pickle/reduce.ts";
import type { PyObject } from "../../src/pickle/values.ts";
import { PyLeaf, PyView } from "../../src/pickle/view.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

/** What a pickle stands for. The pickles were made by numpy 2.4. */
function reduced(hex: string): unknown {
  const reduce = makeReduce({ calls: [numpyReducers()] });
  return reduce(parsePickle(new Uint8Array(Buffer.from(hex, "hex"))).value);
}

function tensorOf(hex: string): Tensor {
  const value = reduced(hex);
  assert.ok(value instanceof Tensor);
  return value;
}

const MULTIARRAY = "8c166e756d70792e5f636f72652e6d756c74696172726179948c";

test("_reconstruct() takes bytes that protocol 2 spells as text, and swaps big-endian numbers", () => {
  // np.arange(4, dtype=">i2").reshape(2, 2), protocol 2
  const tensor = tensorOf(
    "8002636e756d70792e5f636f72652e6d756c746961727261790a5f7265636f6e7374727563740a7100636e756d7079" +
      "0a6e6461727261790a71014b00857102635f636f646563730a656e636f64650a71035801000000627104580600000" +
      "06c6174696e317105867106527107877108527109284b014b024b0286710a636e756d70790a64747970650a710b58" +
      "020000006932710c898887710d52710e284b0358010000003e710f4e4e4e4affffffff4affffffff4b00747110628" +
      "968035808000000000000010002000371116805867112527113747114622e",
  );
  assert.deepEqual([tensor.dtype.name, tensor.shape, tensor.toJS()], ["int16", [2, 2], [[0, 1], [
    2,
    3,
  ]]]);
  assert.equal(tensor.storage!.byteOrder, "big");
});

test("_frombuffer() takes the orders of protocol 5", () => {
  // np.asfortranarray(np.arange(6, dtype="u1").reshape(2, 3)), protocol 5
  const fortran = tensorOf(
    "8005957c000000000000008c136e756d70792e5f636f72652e6e756d65726963948c0b5f66726f6d627566666572949" +
      "39428960600000000000000000301040205948c056e756d7079948c0564747970659493948c0275319489888794529" +
      "4284b038c017c944e4e4e4affffffff4affffffff4b007494624b024b0386948c014694749452942e",
  );
  assert.deepEqual([fortran.order, fortran.toJS()], ["F", [[0, 1, 2], [3, 4, 5]]]);
  // np.arange(24, dtype="u1").reshape(2, 3, 4).transpose(1, 0, 2): its [2][1] is [20, 21, 22, 23]
  const turned = tensorOf(
    "80059598000000000000008c136e756d70792e5f636f72652e6e756d65726963948c0b5f66726f6d627566666572949" +
      "39428961800000000000000000102030405060708090a0b0c0d0e0f1011121314151617948c056e756d7079948c05" +
      "64747970659493948c02753194898887945294284b038c017c944e4e4e4affffffff4affffffff4b007494624b024b" +
      "034b0487948c014b944b014b004b028794749452942e",
  );
  assert.deepEqual([turned.order, turned.shape], ["K", [3, 2, 4]]);
  assert.deepEqual((turned.toJS() as number[][][])[2]![1], [20, 21, 22, 23]);
});

test("scalar() gives numbers, and keys that are spelled as numbers", () => {
  // {np.int64(3): 1, np.float32(0.5): 2, np.str_("x"): 3}, protocol 4
  const hex =
    "800495d0000000000000007d94288c166e756d70792e5f636f72652e6d756c74696172726179948c067363616c" +
    "61729493948c056e756d7079948c0564747970659493948c02693894898887945294284b038c013c944e4e4e4affffff" +
    "ff4affffffff4b00749462430803000000000000009486945294" +
    "4b01680368068c02663494898887945294284b03680a4e4e4e4affffffff4affffffff4b0074946243040000003f94" +
    "869452944b02680368068c02553194898887945294284b03680a4e4e4e4b044b044b08749462430478000000948694" +
    "52944b03752e";
  const { value } = parsePickle(new Uint8Array(Buffer.from(hex, "hex")));
  const reduce = makeReduce({ calls: [numpyReducers()] });
  const keys = [...value as Iterable<[PyObject, number]>].map(([key]) => reduce(key) as PyLeaf);
  assert.deepEqual(keys.map(({ json }) => json), ["int64", "float32", "<U1"]);
  assert.deepEqual(keys.map(({ js }) => js), [3, 0.5, "x"]);
  assert.deepEqual(keys.map(({ more }) => more!.get("hex")), [
    "0300000000000000",
    "0000003f",
    "78000000",
  ]);
});

test("_mareconstruct() gives data, mask and fill value", () => {
  // np.ma.masked_array([1, 2, 3], mask=[0, 1, 0], dtype="i2"), protocol 4
  const view = reduced(
    "800495ab000000000000008c0d6e756d70792e6d612e636f7265948c0e5f6d617265636f6e737472756374949394288c" +
      "086e756d70792e6d61948c0b4d61736b656441727261799493948c056e756d7079948c076e6461727261799493944b" +
      "0085948c01629474945294284b014b03859468068c0564747970659493948c02693294898887945294284b038c013c" +
      "944e4e4e4affffffff4affffffff4b00749462894306010002000300944303000100944e7494622e",
  );
  assert.ok(view instanceof PyView);
  assert.equal(view.kind, "numpy.ma.MaskedArray");
  const [data, mask] = [view.dict!.get("data"), view.dict!.get("mask")] as [Tensor, Tensor];
  assert.deepEqual([data.toJS(), mask.toJS(), view.dict!.get("fill_value")], [
    [1, 2, 3],
    [false, true, false],
    null,
  ]);
});

test("_reconstruct() gives the plain fields of object structures as scalars", () => {
  // np.array([(1, "a", 2.5)], dtype=[("n", "<i2"), ("o", "O"), ("f", "<f4")]), protocol 4: numpy's
  // own x[0]["n"] is np.int16(1), x[0]["f"] np.float32(2.5)
  const { elements } = tensorOf(
    `80049525010000000000${"00"}${MULTIARRAY}0c5f7265636f6e7374727563749493948c056e756d7079948c076e64` +
      "61727261799493944b0085944301629487945294284b014b01859468038c0564747970659493948c03563134948988" +
      "87945294284b038c017c944e8c016e948c016f948c01669487947d94286811680c8c02693294898887945294284b03" +
      "8c013c944e4e4e4affffffff4affffffff4b007494624b0086946812680c8c024f3894898887945294284b0368104e" +
      "4e4e4affffffff4affffffff4b3f7494624b0286946813680c8c02663494898887945294284b0368194e4e4e4affff" +
      "ffff4affffffff4b007494624b0a8694754b0e4b014b1b749462895d944b018c0161944740040000000000008794617" +
      "494622e",
  );
  const fields = (elements as unknown as { items: unknown[] }[])[0]!.items;
  const told = fields.map((field) =>
    field instanceof PyLeaf ? [field.json, field.more!.get("hex")] : field
  );
  assert.deepEqual(told, [["int16", "0100"], "a", ["float32", "00002040"]]);
});

/** A pickle of `_reconstruct` with a state of one's own, by the opcode table of pickletools. */
function reconstruct(shape: string, dtype: string, data: string): Uint8Array<ArrayBuffer> {
  const text =
    "\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R" +
    `(K\x01${shape}cnumpy\ndtype\nU\x02${dtype}K\x00K\x01\x87R` +
    "(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + `${data}tb.`;
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

const BROKEN: readonly [what: string, shape: string, dtype: string, data: string, RegExp][] = [
  ["too few bytes", "K\x02\x85", "f4", "C\x04abcd", /8 bytes comes with 4/],
  ["too many bytes", "K\x01\x85", "f4", "C\x08abcdefgh", /4 bytes comes with 8/],
  ["a negative size", "J\xff\xff\xff\xff\x85", "f4", "C\x00", /shape that can't be/],
  [
    "sizes beyond 2^53",
    "(M\xff\xffM\xff\xffM\xff\xffM\xff\xfft",
    "f4",
    "C\x00",
    /bytes comes with 0/,
  ],
  ["bytes for objects", "K\x01\x85", "O8", "C\x08abcdefgh", /bytes where its objects/],
  ["too few objects", "K\x02\x85", "O8", "]K\x01a", /2 elements comes with 1/],
  ["no dtype", "K\x01\x85", "q9", "C\x04abcd", /no numpy dtype/],
];

for (const [what, shape, dtype, data, message] of BROKEN) {
  test(`_reconstruct() refuses ${what}`, () => {
    assert.throws(
      () => loads(reconstruct(shape, dtype, data)),
      (error) => isStateDictError(error) && error.code !== "refused" && message.test(error.message),
    );
  });
}

test("_reconstruct() takes what is whole", () => {
  // The four bytes are those of 1.0 in IEEE 754.
  const tensor = loads(reconstruct("K\x01\x85", "f4", "C\x04\x00\x00\x80\x3f")) as Tensor;
  assert.deepEqual(tensor.toJS(), [1]);
});
