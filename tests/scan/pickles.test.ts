import assert from "node:assert/strict";
import { test } from "node:test";
import { joined, latin1, outcome, PLAIN, scanBytes, SYSTEM } from "./made.ts";

test("scan() calls a pickle of plain values safe", async () => {
  assert.equal(await outcome(PLAIN), "safe |  | ");
});

test("scan() tells where a name is, and under both its spellings", async () => {
  const { verdict, findings, globals } = await scanBytes("\x80\x02curllib2\nurlopen\n.");
  assert.equal(verdict, "dangerous");
  const [finding] = findings;
  assert.equal(finding!.global, "urllib2.urlopen");
  assert.equal(finding!.offset, 2);
  assert.match(finding!.why, /urllib\.request\.urlopen/);
  assert.equal(globals[0]!.mapped, "urllib.request.urlopen");
  assert.equal(globals[0]!.opcode, "GLOBAL");
});

// Each stream is laid out by the opcode table of pickletools.
const STREAMS: readonly (readonly [what: string, stream: string, expected: string])[] = [
  ["an import alone", "\x80\x02cos\nsystem\n.", "dangerous | dangerous-name | os.system"],
  [
    "a call before the break",
    `${SYSTEM.slice(0, -1)}\xff`,
    "dangerous | broken-pickle,dangerous-name | os.system",
  ],
  [
    "names from the memo",
    "\x80\x04\x8c\x02os\x94\x8c\x06system\x940h\0h\x01\x930N.",
    "dangerous | dangerous-name | os.system",
  ],
  [
    "MEMOIZE after BINPUT, which counts the memo",
    "\x80\x04\x8c\x02osq\0\x8c\x06systemq\x01\x8c\x01x\x940h\0h\x01\x93.",
    "dangerous | dangerous-name | os.system",
  ],
  [
    "a popped decoy between the parts",
    "\x80\x04\x8c\x02os\x8c\x01x0\x8c\x06system\x93.",
    "dangerous | dangerous-name | os.system",
  ],
  [
    "a dotted name that leaves its module",
    "\x80\x04\x8c\x05torch\x8c\x09os.system\x93.",
    "dangerous | dangerous-name | torch.os.system",
  ],
  [
    "a name that a codec spells",
    "\x80\x04c_codecs\nencode\nq\0(\x8c\x02bf\x8c\x05rot13tR" +
    "h\0(\x8c\x06flfgrz\x8c\x05rot13tR\x93.",
    "dangerous | computed-name,transforming-codec | ?.?,_codecs.encode",
  ],
  [
    "a call of what a call gave",
    "\x80\x02cmine\nlookup\n)R)R.",
    "dangerous | computed-callee,unknown-name | mine.lookup",
  ],
  [
    "BUILD on a function",
    "\x80\x02cnumpy\nsize\n}b.",
    "dangerous | build-on-global,unknown-name | numpy.size",
  ],
  ["an extension code", "\x80\x02\x82\xf1.", "suspicious | extension-code | ?.?"],
  ["a persistent id", "\x80\x02Pid\n.", "suspicious | persistent-id | "],
  [
    "a frame inside a frame",
    "\x80\x04\x95\x0b\0\0\0\0\0\0\0\x95\x01\0\0\0\0\0\0\0N.",
    "suspicious | frame-nested | ",
  ],
  [
    "a call whose result is thrown away",
    "\x80\x02ccollections\nOrderedDict\n)R0N.",
    "suspicious | discarded-call | collections.OrderedDict",
  ],
  [
    "list(range(10**15))",
    "\x80\x02cbuiltins\nlist\ncbuiltins\nrange\n\x8a\x07\0\x80\xc6\xa4~\x8d\x03\x85R\x85R.",
    "suspicious | large-allocation | builtins.list,builtins.range",
  ],
  [
    "2**40 leaves of forty tuples",
    `\x80\x02K\x01${"2\x86".repeat(40)}.`,
    "suspicious | value-bomb | ",
  ],
  [
    "10,001 nested lists",
    `\x80\x02${"]".repeat(10_001)}${"a".repeat(10_000)}.`,
    "suspicious | value-bomb | ",
  ],
  ["a list that holds itself", "\x80\x02]q\0h\0a.", "safe |  | "],
  [
    "a class that nobody knows",
    "\x80\x02cmine\nModel\n)\x81.",
    "unknown | unknown-name | mine.Model",
  ],
  [
    "an estimator of scikit-learn",
    "\x80\x02csklearn.linear_model._logistic\nLogisticRegression\n)\x81}b.",
    "safe |  | sklearn.linear_model._logistic.LogisticRegression",
  ],
  [
    "items set on a tensor",
    "\x80\x02ctorch._utils\n_rebuild_meta_tensor_no_storage\n(ctorch\nfloat32\n))\x89tRK\0K\x01s.",
    "suspicious | items-on-tensor | torch._utils._rebuild_meta_tensor_no_storage,torch.float32",
  ],
  [
    "a function in place of a rebuild function",
    "\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(cmine\nf\nctorch\nTensor\n)}tR.",
    "suspicious | indirect-call,unknown-name | mine.f,torch.Tensor,torch._tensor._rebuild_from_type_v2",
  ],
];

for (const [what, stream, expected] of STREAMS) {
  test(`scan() of ${what} is ${expected.split(" ")[0]}`, async () => {
    assert.equal(await outcome(stream), expected);
  });
}

test("scan() goes on behind STOP", async () => {
  assert.equal(await outcome(PLAIN + PLAIN + SYSTEM), "dangerous | dangerous-name | os.system");
});

test("scan() finds a pickle behind junk, where no reader looks for one", async () => {
  const { verdict, findings, globals } = await scanBytes(`${PLAIN}${"\0".repeat(40)}${SYSTEM}`);
  assert.equal(verdict, "suspicious");
  assert.deepEqual(findings.map(({ rule, offset }) => [rule, offset]), [
    ["trailing-bytes", PLAIN.length],
    ["hidden-pickle", 0],
  ]);
  assert.equal(findings[1]!.where, `bytes at ${PLAIN.length + 40}`);
  assert.deepEqual(globals, []);
});

test("scan() scans the bytes that a loader is given", async () => {
  const inner = latin1(SYSTEM);
  const outer = joined("\x80\x03cpickle\nloads\nC", Uint8Array.of(inner.length), inner, "\x85R.");
  assert.equal(await outcome(outer), "dangerous | dangerous-name | os.system,pickle.loads");
});

test("scan() vouches for PyTorch's loader of storages by what it is given", async () => {
  const wrap = (inner: string) =>
    joined(
      "\x80\x03ctorch.storage\n_load_from_bytes\nC",
      Uint8Array.of(inner.length),
      inner,
      "\x85R0N.",
    );
  assert.match(await outcome(wrap(SYSTEM)), /^dangerous .*os\.system/);
  assert.match(await outcome(wrap("no pickle")), /^suspicious .*unread-argument/);
  const { globals } = await scanBytes(wrap(PLAIN));
  assert.equal(globals[0]!.tag, "known");
});

test("scan() stops at pickles nine deep in one another", async () => {
  let nested = latin1(SYSTEM);
  for (let i = 0; i < 9; i++) {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, nested.length, true);
    nested = joined("\x80\x03cdill\nloads\nB", length, nested, "\x85R.");
  }
  const { findings, globals } = await scanBytes(nested);
  assert.ok(findings.some(({ rule, why }) => rule === "limit" && /8 deep/.test(why)));
  assert.ok(!globals.some(({ name }) => name === "os.system"));
});

test("scan() takes the names that the caller allows", async () => {
  const stream = "\x80\x02cmine\nModel\n)\x81.";
  assert.equal(
    await outcome(stream, "made.pkl", { allow: ["mine.Model"] }),
    "safe |  | mine.Model",
  );
  assert.match(await outcome(stream, "made.pkl", { allow: ["mine"] }), /^unknown/);
});

test("scan() runs pickles of protocol 0 under any name", async () => {
  assert.match(await outcome("cos\nsystem\n(S'true'\ntR.", "weights.bin"), /^dangerous/);
  assert.match(await outcome("class Model:\n    pass\n", "notes.txt"), /^corrupt .*unrecognized/);
});

test("scan() sees what plain pickle makes of the bytes of an array", async () => {
  // joblib reads one element of a byte; pickle.load runs it and what follows as opcodes.
  const state = [
    "}(X\x08\0\0\0subclasscnumpy\nndarray\nX\x05\0\0\0shapeK\x04\x85X\x05\0\0\0orderX\x01\0\0\0C",
    "X\x05\0\0\0dtypecnumpy\ndtype\n(X\x02\0\0\0u1K\0K\x01tR",
    "(K\x03X\x01\0\0\0|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tbX\x0a\0\0\0allow_mmap\x89ub",
  ].join("");
  const outer = "\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state;
  const harmless = await outcome(`${outer}\xff\xff\xff\xff.`);
  assert.match(harmless, /^safe \| {2}\| joblib/);
  assert.match(await outcome(`${outer}cos\nsystem\n.`), /dangerous-name,.*several-readings/);
});

test("scan() doesn't trust a wrapper of an array that joblib doesn't write", async () => {
  const array =
    "}(X\x08\0\0\0subclasscnumpy\nndarray\nX\x05\0\0\0shapeK\x04\x85X\x05\0\0\0orderX\x01\0\0\0C" +
    "X\x05\0\0\0dtypecnumpy\ndtype\n(X\x02\0\0\0u1K\0K\x01tR" +
    "(K\x03X\x01\0\0\0|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tbX\x0a\0\0\0allow_mmap\x89u";
  const wrapper = "cjoblib.numpy_pickle\nNumpyArrayWrapper\n";
  const bytes = "\xff\xff\xff\xff";
  assert.match(await outcome(`\x80\x02${wrapper})\x81${array}b${bytes}.`), /^safe/);
  // __init__ would set an alignment, and with it another place of the bytes.
  assert.match(await outcome(`\x80\x02${wrapper})R${array}b${bytes}.`), /odd-wrapper/);
  // Slots that override the shape.
  const slots = `\x80\x02${wrapper})\x81(${array}}X\x05\0\0\0shapeK\x08\x85stb${bytes}.`;
  assert.match(await outcome(slots), /odd-wrapper/);
  // What NEWOBJ does, spelled as a call: the bytes are an array's all the same.
  const called = `\x80\x02ccopyreg\n__newobj__\n${wrapper}\x85R${array}b${bytes}.`;
  assert.match(await outcome(called), /^safe/);
});
