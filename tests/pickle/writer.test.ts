import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { isStateDictError } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { disassemble } from "../../src/pickle/dis.ts";
import { PyDict, PySet } from "../../src/pickle/dict.ts";
import {
  PyBytes,
  PyExtension,
  PyFloat,
  PyForeign,
  PyGlobal,
  PyObject,
  PyPersistent,
  PyTuple,
} from "../../src/pickle/values.ts";
import type { PyObjectForm, PyValue } from "../../src/pickle/values.ts";
import { pickleBytes, writePickle } from "../../src/pickle/writer.ts";
import type { WriteOptions } from "../../src/pickle/writer.ts";
import { findPython, withoutPython } from "../support/python.ts";
import { buildValue, fromHex, writerCases } from "./writer_cases.ts";
import type { Expected } from "./writer_cases.ts";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function pickled(value: PyValue, protocol = 2, options: WriteOptions = {}): string {
  return hex(pickleBytes(value, { ...options, protocol }));
}

function fails(code: ErrorCode, work: () => unknown, message: RegExp): void {
  assert.throws(work, (error) => {
    assert.ok(isStateDictError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

const cases = writerCases();

for (let protocol = 0; protocol <= 5; protocol++) {
  test(`writePickle() gives the bytes of CPython 3.11 in protocol ${protocol}`, () => {
    let compared = 0;
    for (const { source, value, pickles } of cases) {
      const expected = pickles[protocol];
      if (expected === undefined) continue;
      const bytes = pickleBytes(buildValue(value), { protocol });
      assert.deepEqual(summary(bytes, expected), expected, source);
      compared++;
    }
    assert.ok(compared > 190, `only ${compared} values`);
  });
}

function summary(bytes: Uint8Array, like: Expected): Expected {
  if (typeof like === "string") return hex(bytes);
  return { length: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

test("writePickle() writes protocol 2 unless told otherwise", () => {
  assert.equal(hex(pickleBytes(null)), "80024e2e");
});

test("writePickle() refuses a protocol that isn't there", () => {
  for (const protocol of [-1, 6, 2.5, NaN]) {
    fails("usage", () => writePickle(null, { protocol }), /protocol/);
  }
});

test("writePickle() knows equal strings and globals as one object", () => {
  const value = [new PyGlobal("m", "f"), new PyGlobal("m", "f"), "te" + "xt", "text"];
  assert.equal(pickled(value), "80025d710028636d0a660a710168015804000000746578747102680" + "2652e");
});

test("writePickle() keeps globals apart whose names run together alike", () => {
  const value = [new PyGlobal("a.b", "c"), new PyGlobal("a", "b.c")];
  // pickle.dumps([a.b.c, a.b.c], 4) of CPython 3.11: one in the module a.b, one in the class b of a.
  assert.equal(
    pickled(value, 4),
    "8004951d000000000000005d94288c03612e62948c01639493948c0161948c03622e63949394652e",
  );
});

test("writePickle() leaves a name as it is where the Python 2 name means another", () => {
  // CPython writes exceptions.OSError, which comes back as OSError.
  const text = "\x80\x02cbuiltins\nConnectionError\nq\0.";
  assert.equal(pickled(new PyGlobal("builtins", "ConnectionError")), latin1Hex(text));
});

test("writePickle() refuses a name that Python would read as another one", () => {
  const global = new PyGlobal("commands", "getoutput");
  fails("unsupported", () => pickled(global, 2), /commands.getoutput as another name/);
  assert.equal(pickled(global, 3), "800363636f6d6d616e64730a6765746f75747075740a71002e");
});

test("writePickle() refuses names that lines of text can't hold", () => {
  fails("unsupported", () => pickled(new PyGlobal("m", "caf\xe9"), 2), /can't be written/);
  fails("unsupported", () => pickled(new PyGlobal("m", "a\nb"), 3), /can't be written/);
  fails("unsupported", () => pickled(new PyGlobal("m", "\ud800"), 3), /can't be written/);
  assert.equal(pickled(new PyGlobal("m", "caf\xe9"), 3), "8003636d0a636166c3a90a71002e");
});

test("writePickle() writes a plain instance of any protocol below 2 by copyreg.__newobj__", () => {
  const object = new PyObject("newobj", new PyGlobal("m", "C"), new PyTuple([1]));
  object.states = [new PyDict(["a", 2])];
  const text =
    "ccopy_reg\n__newobj__\nq\0(cm\nC\nq\x01K\x01tq\x02Rq\x03}q\x04X\x01\0\0\0aq\x05K\x02sb.";
  assert.equal(pickled(object, 1), latin1Hex(text));
});

test("writePickle() writes keyword arguments of __new__ below protocol 4 without partial", () => {
  const object = new PyObject("newobj-ex", new PyGlobal("m", "C"), new PyTuple([]));
  object.kwargs = new PyDict(["k", 1]);
  const text =
    "\x80\x02ccopy_reg\n__newobj_ex__\nq\0cm\nC\nq\x01)}q\x02X\x01\0\0\0kq\x03K\x01s\x87q\x04Rq\x05.";
  assert.equal(pickled(object, 2), latin1Hex(text));
});

test("writePickle() writes old-style instances by INST and OBJ", () => {
  const object = new PyObject("instance", new PyGlobal("m", "C"), new PyTuple([1]));
  assert.equal(pickled(object, 0), latin1Hex("(I1\nim\nC\np0\n."));
  assert.equal(pickled(object, 1), latin1Hex("(cm\nC\nq\0K\x01oq\x01."));
  const computed = new PyObject("instance", object, new PyTuple([]));
  assert.equal(pickled(computed, 0), latin1Hex("((I1\nim\nC\np0\nop1\n."));
});

test("writePickle() gives every state a BUILD of its own", () => {
  const object = new PyObject("reduce", new PyGlobal("m", "f"), new PyTuple([]));
  object.states = [null, 1];
  assert.equal(pickled(object), latin1Hex("\x80\x02cm\nf\nq\0)Rq\x01NbK\x01b."));
});

test("writePickle() throws away what an argument that holds the object made superfluous", () => {
  const list: PyValue[] = [];
  const object = new PyObject("reduce", new PyGlobal("m", "f"), new PyTuple([list]));
  object.states = [1];
  list.push(object);
  // The inner one is whole; around it the tuple is fetched again and the call's result popped.
  const text = "\x80\x02cm\nf\nq\0]q\x01h\0h\x01\x85q\x02Rq\x03K\x01ba0h\x02R0h\x03.";
  assert.equal(pickled(object), latin1Hex(text));
});

test("writePickle() writes extension codes by size", () => {
  const value = new PyTuple([1, 255, 256, 65535, 65536].map((code) => new PyExtension(code)));
  assert.equal(
    pickled(value),
    "800228" + "8201" + "82ff" + "830001" + "83ffff" + "8400000100" + "7471002e",
  );
  fails("usage", () => pickled(new PyExtension(0)), /0 is no extension code/);
});

test("writePickle() writes persistent ids, each time anew", () => {
  const persistent = new PyPersistent(new PyTuple(["storage", 0]));
  assert.equal(
    pickled([persistent, persistent]),
    latin1Hex("\x80\x02]q\0(X\x07\0\0\0storageq\x01K\0\x86q\x02Qh\x02Qe."),
  );
  assert.equal(pickled(new PyPersistent("id 7"), 0), latin1Hex("Pid 7\n."));
  fails("unsupported", () => pickled(persistent, 0), /ASCII text only/);
  fails("unsupported", () => pickled(new PyPersistent("a\nb"), 0), /ASCII text only/);
});

test("writePickle() asks for the id of a persistent object", () => {
  const persistentId = ({ id }: PyPersistent) => `new ${id}`;
  const value = new PyPersistent("id");
  assert.equal(pickled(value, 2, { persistentId }), latin1Hex("\x80\x02X\x06\0\0\0new idq\0Q."));
});

class Thing extends PyForeign {}

test("writePickle() asks once what stands for a foreign value", () => {
  const thing = new Thing();
  const asked: PyForeign[] = [];
  const reduce = (value: PyForeign) => {
    asked.push(value);
    return new PyObject("reduce", new PyGlobal("m", "f"), new PyTuple([]));
  };
  const text = "\x80\x02]q\0(cm\nf\nq\x01)Rq\x02h\x02e.";
  assert.equal(pickled([thing, thing], 2, { reduce }), latin1Hex(text));
  assert.deepEqual(asked, [thing]);
  assert.equal(pickled(thing, 2, { reduce: () => 5 }), "80024b052e");
  fails("unsupported", () => pickled(thing), /Thing/);
  fails("usage", () => pickled(thing, 2, { reduce: () => thing }), /foreign/);
});

test("writePickle() writes buffers in band or hands them out", () => {
  const data = fromHex("0102");
  const both = new PyTuple([new PyBytes("buffer", data), new PyBytes("readonly-buffer", data)]);
  // CPython 3.11 of (PickleBuffer(bytearray(b"\x01\x02")), PickleBuffer(b"\x01\x02")).
  const inBand = "8005951400000000000000960200000000000000010294430201029486942e";
  assert.equal(pickled(both, 5), inBand);
  assert.equal(pickled(both, 5, { buffer: () => false }), inBand);
  const taken: PyBytes[] = [];
  const buffer = (value: PyBytes) => taken.push(value) > 0;
  assert.equal(pickled(both, 5, { buffer }), "800595060000000000000097979886942e");
  assert.deepEqual(taken, both.items);
});

test("writePickle() leaves payloads in the file unless it can read them", () => {
  const value = [new PyBytes("bytes", null, { offset: 40, length: 3 })];
  const chunks = writePickle(value, { protocol: 3 });
  assert.deepEqual(chunks.map((c) => c instanceof Uint8Array ? hex(c) : c), [
    "80035d71004303",
    { offset: 40, length: 3 },
    "7101612e",
  ]);
  fails("not-loaded", () => pickled(value, 3), /3 bytes are still in the file/);
  fails("not-loaded", () => pickled(value, 2), /3 bytes are still in the file/);
  fails("not-loaded", () => pickled(new PyBytes("buffer", null), 5), /no bytes/);
  const resolveBytes = () => fromHex("616263");
  assert.equal(pickled(value, 3, { resolveBytes }), "80035d710043036162637101612e");
  fails("usage", () => pickled(value, 3, { resolveBytes: () => fromHex("00") }), /1 bytes for 3/);
});

test("writePickle() does not copy large payloads", () => {
  const data = new Uint8Array(1 << 20);
  const chunks = writePickle(new PyBytes("bytes", data), { protocol: 4 });
  assert.equal(chunks[1], data);
});

test("writePickle() keeps every chunk whole past the first megabyte", () => {
  const value = Array.from({ length: 600_000 }, (_, i) => i % 7 + 1000);
  const chunks = writePickle(value, { protocol: 2 });
  assert.ok(chunks.length > 1);
  const bytes = pickleBytes(value, { protocol: 2 });
  // ] q 0, then for each thousand: ( M.. 1000 times, e.
  assert.equal(bytes.length, 2 + 3 + 600 * (1 + 3000 + 1) + 1);
  for (let i = 0; i < 600_000; i++) {
    const at = 5 + Math.floor(i / 1000) * 3002 + 1 + i % 1000 * 3;
    assert.equal(bytes[at + 1]! + 256 * bytes[at + 2]!, i % 7 + 1000);
  }
});

test("writePickle() writes 100,000 levels without recursion", () => {
  let value: PyValue = [];
  for (let i = 1; i < 100_000; i++) value = [value];
  const bytes = pickleBytes(value, { protocol: 4 });
  // ] and MEMOIZE on the way in, in three full frames and one that all APPENDs on the way out join.
  assert.equal(bytes.length, 2 + 2 * 100_000 + 99_999 + 1 + 4 * 9);
});

test("writePickle() ends when a tuple holds itself as Python can't", { timeout: 60_000 }, () => {
  const tuple = new PyTuple([]);
  tuple.items.push(tuple);
  fails("limit", () => writePickle(tuple), /1000000 levels/);
});

test("writePickle() refuses what is no value", () => {
  fails("usage", () => pickled({} as PyValue), /\[object Object\] can't be pickled/);
  fails("usage", () => pickled([undefined as unknown as PyValue]), /undefined/);
});

test("writePickle() writes whole numbers as ints and PyFloat as floats", () => {
  assert.equal(
    pickled([3, new PyFloat(3), 2 ** 60]),
    "80025d7100284b034740080000000000008a080000000000000010652e",
  );
});

test("writePickle() keeps to the opcodes of weights_only for what a state dict holds", () => {
  // PyTorch 2.13, torch/_weights_only_unpickler.py.
  const allowed = new Set(
    ("PROTO GLOBAL NEWOBJ REDUCE BUILD APPEND APPENDS SETITEM SETITEMS MARK TUPLE TUPLE1 TUPLE2 " +
      "TUPLE3 NONE NEWFALSE NEWTRUE EMPTY_TUPLE EMPTY_LIST EMPTY_DICT EMPTY_SET BININT BININT1 " +
      "BININT2 BINFLOAT BINUNICODE SHORT_BINSTRING BINPERSID BINGET LONG_BINGET BINPUT " +
      "LONG_BINPUT LONG1 STOP").split(" "),
  );
  const names = Array.from({ length: 300 }, (_, i) => `name ${i}`);
  const value = new PyDict([
    "scalars",
    [null, true, false, 1, 300, 70_000, -1, 2n ** 80n, new PyFloat(1), 0.5, "text", ...names],
    "bytes",
    [new PyBytes("bytes", fromHex("00ff")), new PyBytes("bytearray", fromHex("01"))],
    "tuples",
    [new PyTuple([]), new PyTuple([1]), new PyTuple([1, 2, 3, 4])],
    new PyTuple([1, 2]),
    new PySet([1, 2]),
  ]);
  const used = new Set<string>();
  for (const line of disassemble(pickleBytes(value))) {
    assert.ok(line.kind === "opcode");
    used.add(line.opcode.name);
  }
  assert.ok(used.size > 20);
  assert.deepEqual([...used].filter((name) => !allowed.has(name)), []);
});

function latin1Hex(text: string): string {
  return hex(Uint8Array.from(text, (c) => c.charCodeAt(0)));
}

/** Reads each pickle of a JSON list and prints what the expression beside it makes of the value. */
const READER = `
import json, pickle, sys
def depth(x):
    levels = 0
    while x:
        x, levels = x[0], levels + 1
    return levels
for data, expression in json.load(sys.stdin):
    print(eval(expression, {"x": pickle.loads(bytes.fromhex(data)), "depth": depth}))`;

test("writePickle() writes what Python reads back", { skip: withoutPython([]) }, () => {
  const deep = (levels: number) => {
    let value: PyValue = [];
    for (let i = 0; i < levels; i++) value = [value];
    return value;
  };
  const object = (form: PyObjectForm, name: string, args: PyValue[], kwargs?: PyValue[]) => {
    const [module, ...path] = name.split(":") as [string, string];
    const made = new PyObject(form, new PyGlobal(module, path[0]!), new PyTuple(args));
    if (kwargs) made.kwargs = new PyDict(kwargs);
    return made;
  };
  const uuid = object("newobj", "uuid:UUID", []);
  uuid.states = [new PyDict(["int", 5])];
  const named = object("newobj", "urllib.parse:DefragResult", ["u", "f"]);
  const decoded = [
    "object",
    new PyBytes("bytes", fromHex("e9")),
    "encoding",
    "latin1",
  ];
  const keyed = object("newobj-ex", "builtins:str", [], decoded);
  const fraction = object("instance", "fractions:Fraction", [3, 4]);
  const set = new PySet();
  const member = object("newobj", "string:Template", []);
  member.states = [new PyDict(["template", "m", "home", set])];
  set.add([member]);
  const checks: [value: PyValue, expression: string, expected: string][] = [
    [uuid, "x", "00000000-0000-0000-0000-000000000005"],
    [named, "x", "DefragResult(url='u', fragment='f')"],
    [keyed, "x == chr(233)", "True"],
    [fraction, "x", "3/4"],
    [set, "list(x)[0].home is x", "True"],
    [deep(20_000), "depth(x)", "20000"],
    [new PyGlobal("builtins", "ConnectionError"), "x.__name__", "ConnectionError"],
    [new PyGlobal("functools", "reduce"), "x.__name__", "reduce"],
    ["\ud800 \u{1f600}\udfff", "ascii(x)", "'\\ud800 \\U0001f600\\udfff'"],
    [new PyBytes("readonly-buffer", fromHex("00ff")), "x", "b'\\x00\\xff'"],
    [new PyBytes("buffer", fromHex("00ff")), "x", "bytearray(b'\\x00\\xff')"],
    [-0, "x", "0"],
    [new PyFloat(-0), "x", "-0.0"],
    [2n ** 5000n, "x == 2**5000", "True"],
    [-(2n ** 5000n), "x == -2**5000", "True"],
  ];
  const jobs: [string, string][] = [];
  const expected: string[] = [];
  for (let protocol = 0; protocol <= 5; protocol++) {
    for (const [value, expression, text] of checks) {
      jobs.push([pickled(value, protocol), expression]);
      expected.push(`protocol ${protocol}: ${text}`);
    }
  }
  const run = spawnSync(findPython()!, ["-c", READER], {
    input: JSON.stringify(jobs),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert.equal(run.status, 0, run.stderr);
  const lines = run.stdout.trimEnd().split("\n").map((line, i) =>
    `protocol ${Math.floor(i / checks.length)}: ${line}`
  );
  assert.deepEqual(lines, expected);
});
