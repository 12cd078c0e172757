import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { isStateDictError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/source.ts";
import { describeDType } from "../../src/tensor/numpy_dtype.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";

const fixture = (name: string) => join(fixturesDir("arrays"), name);

/** A file of this version with this header; its data is all ones. */
function file(header: string, data = 64, version = 1): Uint8Array<ArrayBuffer> {
  const text = version === 3
    ? new TextEncoder().encode(header)
    : Uint8Array.from(header, (character) => character.charCodeAt(0));
  const fixed = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(fixed + text.length + data).fill(1);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  bytes.set(text, fixed);
  return bytes;
}

const header = (descr: string, shape = "(2,)", order = "False", more = "") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}${more}}`;

async function openArray(bytes: Uint8Array<ArrayBuffer>): Promise<Tensor> {
  await using checkpoint = await openCheckpoint(bytes);
  return checkpoint.tensor("");
}

/** What a header makes: dtype with byte order and shape, or the error's code. */
async function answer(text: string, version = 1): Promise<string> {
  try {
    const { dtype, storage, shape } = await openArray(file(text, 64, version));
    const description = describeDType(dtype, true);
    const name = typeof description === "string" ? description : JSON.stringify(description);
    return `${storage!.byteOrder === "big" ? ">" : ""}${name} (${shape})`;
  } catch (error) {
    return isStateDictError(error) ? error.code : `no StateDictError: ${error}`;
  }
}

// What numpy 2.4's np.load makes of the same headers on Linux.
test("a dtype may be given in all of numpy's spellings", async () => {
  const spellings: [descr: string, expected: string][] = [
    ["'<f4'", "float32 (2)"],
    ["'float32'", "float32 (2)"],
    ["'=i4'", "int32 (2)"],
    ["'|i4'", "int32 (2)"],
    ["'i4'", "int32 (2)"],
    ["'f'", "float32 (2)"],
    ["'>d'", ">float64 (2)"],
    ["'<l'", "int64 (2)"],
    ["'P'", "uint64 (2)"],
    ["'int'", "int64 (2)"],
    ["'half'", "float16 (2)"],
    ["'csingle'", "complex64 (2)"],
    ["'longdouble'", "float128 (2)"],
    ["'<c32'", "complex256 (2)"],
    ["'?'", "bool (2)"],
    ["'>b1'", "bool (2)"],
    ["'a5'", "|S5 (2)"],
    ["'c'", "|S1 (2)"],
    ["'>U3'", "><U3 (2)"],
    ["'datetime64[ns]'", "datetime64[ns] (2)"],
    ["'M8'", "datetime64 (2)"],
    ["'<m8[3s]'", "timedelta64[3s] (2)"],
    ["u'<f4'", "float32 (2)"],
    ["('<f4', ())", "float32 (2)"],
    ["[('a','<f4')]", '[["a","<f4"]] (2)'],
    ["[('a','>f4',2)]", '[["a",">f4",[2]]] (2)'],
    ["[('a','<f4',[2])]", '[["a","<f4",[2]]] (2)'],
    ["[('a',('<f4',(2,)))]", '[["a","<f4",[2]]] (2)'],
    ["[('a','<f4',())]", '[["a","<f4"]] (2)'],
    ["[('a',[('b','<f4')],(3,))]", '[["a",[["b","<f4"]],[3]]] (2)'],
    ["[('','|V4'),('b','<i4')]", '[["","|V4"],["b","<i4"]] (2)'],
    ["[(('t','a'),'<i4'),('b','<i4')]", '[[["t","a"],"<i4"],["b","<i4"]] (2)'],
    ["[('a','<i4'),['b','<i4']]", '[["a","<i4"],["b","<i4"]] (2)'],
    ["[('\\x41\\u00e9\\'','<i4')]", '[["A\u00e9\'","<i4"]] (2)'],
  ];
  for (const [descr, expected] of spellings) {
    assert.equal(await answer(header(descr)), expected, descr);
  }
});

test("what is no dtype to numpy is none here", async () => {
  const bad = [
    "'<q9'",
    "'<i3'",
    "'<f4 '",
    "'Float32'",
    "'<T16'",
    "b'<f4'",
    "None",
    "5",
    "'float_'",
  ];
  const fields = ["[('a','<i4'),('a','<f4')]", "[(('b','a'),'<i4'),('b','<i4')]", "[('a',)]"];
  for (const descr of [...bad, ...fields, "('<f4', (2,))", "{'a': 1}", "[(1,'<i4')]"]) {
    assert.equal(await answer(header(descr)), "corrupt", descr);
  }
});

test("shapes, orders and keys are held to what numpy takes", async () => {
  const headers: [text: string, expected: string][] = [
    [header("'|u1'", "( 2 , )"), "uint8 (2)"],
    [header("'|u1'", "(2L,)"), "uint8 (2)"],
    [header("'|u1'", "((2),)"), "uint8 (2)"],
    [header("'|u1'", "(+2,)"), "uint8 (2)"],
    [header("'|u1'", "()"), "uint8 ()"],
    [header("'|u1'", "(2,3,)", "True"), "uint8 (2,3)"],
    [header("'|u1'", "(2,)", "False", ", "), "uint8 (2)"],
    [`{"shape":(2,),\n"fortran_order":False,"descr":'|u1'}`, "uint8 (2)"],
    [header("'|u1'", "(1)"), "corrupt"],
    [header("'|u1'", "[1]"), "corrupt"],
    [header("'|u1'", "(True,)"), "corrupt"],
    [header("'|u1'", "(02,)"), "corrupt"],
    [header("'|u1'", "(-1,)"), "corrupt"],
    [header("'|u1'", "(1.0,)"), "corrupt"],
    [header("'|u1'", "(0,18446744073709551616)"), "corrupt"],
    [header("'|u1'", "(2,)", "0"), "corrupt"],
    [header("'|u1'", "(2,)", "None"), "corrupt"],
    [header("'|u1'", "(2,)", "False", ", 'x': 1"), "corrupt"],
    [header("'|u1'", "(2,)").replace("'shape'", "'shap'"), "corrupt"],
    [`${header("'|u1'")} x`, "corrupt"],
    [`(${header("'|u1'")},)`, "corrupt"],
    [header("__import__('os').system('true')"), "corrupt"],
    [header("'|u1'", "(1+1,)"), "corrupt"],
    [header("'''|u1'''"), "corrupt"],
    [header("'|u1"), "corrupt"],
    [header("'|u1\\q'"), "corrupt"],
    [header("['x'".padStart(40, "[")), "corrupt"],
  ];
  for (const [text, expected] of headers) assert.equal(await answer(text), expected, text);
});

test("text is latin-1 in versions 1 and 2, and UTF-8 in 3", async () => {
  const named = header("[('caf\u00e9','<i4')]");
  const expected = '[["caf\u00e9","<i4"]] (2)';
  for (const version of [1, 2, 3]) assert.equal(await answer(named, version), expected);
  assert.equal(await answer(header("[('\u4e16','<i4')]"), 3), '[["\u4e16","<i4"]] (2)');
  assert.equal(await answer(named, 4), "unsupported");
});

test("more bytes than a shape needs are told, fewer are an error", async () => {
  await using checkpoint = await openCheckpoint(fixture("np-trailing.npy"));
  assert.equal(checkpoint.warnings.length, 1);
  await assert.rejects(openCheckpoint(file(header("'<f8'", "(9,)"))), {
    code: "truncated",
    message: /takes 72 bytes, but only 64 are there/,
  });
  // 2^62 * 4 elements wrap to 0 in 64 bits, which numpy multiplies with.
  await assert.rejects(openCheckpoint(file(header("'<f8'", "(4611686018427387904, 4)"))), {
    code: "truncated",
  });
});

test("elements without bytes don't make a giant of nothing", async () => {
  assert.equal(await answer(header("'|S0'", "(3,)")), "|S0 (3)");
  assert.equal(await answer(header("'|S0'", "(1000000000000,)")), "limit");
});

test("a header has a limit, and so have its brackets and dimensions", async () => {
  const spaces = " ".repeat(2 ** 16);
  await assert.rejects(openCheckpoint(file(header("'|u1'") + spaces, 64, 2)), { code: "limit" });
  const ones = `(${"1,".repeat(65)})`;
  assert.equal(await answer(header("'|u1'", ones)), "limit");
});

test("openCheckpoint() reads the header of an npy file, and not the array", async () => {
  const bytes = file(header("'<f4'", "(1000000,)"), 4_000_000);
  const source = countingSource(bytesSource(bytes));
  await using checkpoint = await openCheckpoint(source);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read <= 512, `${read} bytes were read`);
  source.reads.length = 0;
  await checkpoint.tensor("").load();
  const dataStart = bytes.length - 4_000_000;
  assert.deepEqual(source.reads, [{ offset: dataStart, length: 4_000_000 }]);
});

test("a column-major array keeps its order, and gives its elements row by row", async () => {
  await using checkpoint = await openCheckpoint(fixture("np-forder.npy"));
  const array = await checkpoint.tensor("").load();
  assert.equal(array.order, "F");
  assert.deepEqual([array.shape, array.stride], [[4, 3], [1, 4]]);
});

test("an array of Python objects is refused, and read inertly if it is allowed", async () => {
  const path = fixture("np-object.npy");
  await assert.rejects(openCheckpoint(path), { code: "refused", hint: /numpy\.object_/ });
  await assert.rejects(openCheckpoint(path, { inert: true }), { code: "refused" });
  await using checkpoint = await openCheckpoint(path, { allow: ["numpy.object_"] });
  // np.load(path, allow_pickle=True).tolist()
  assert.deepEqual(checkpoint.tensor("").elements, [1, "x"]);
  assert.equal(checkpoint.globals[0]!.name, "numpy._core.multiarray._reconstruct");
});
