import assert from "node:assert/strict";
import { test } from "node:test";
import { joined, latin1, outcome, PLAIN, SYSTEM } from "./made.ts";

/** An array in npy form with this dtype. */
function npy(descr: string, shape: string, data: string): Uint8Array<ArrayBuffer> {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  return joined("\x93NUMPY\x01\0", Uint8Array.of(header.length, 0), header, data);
}

test("scan() reads the pickle of an array of objects, and only of one", async () => {
  assert.equal(await outcome(npy("|O", "(1,)", SYSTEM)), "dangerous | dangerous-name | os.system");
  assert.equal(await outcome(npy("|u1", "(4,)", "abcd"), "a.npy"), "safe |  | ");
  assert.match(await outcome(npy("|O", "(1,)", "junk"), "a.npy"), /^corrupt \| broken-file/);
  const several = joined(npy("|u1", "(4,)", "abcd"), npy("|O", "(1,)", SYSTEM));
  assert.equal(await outcome(several), "dangerous | dangerous-name | os.system");
  const behind = joined(npy("|u1", "(4,)", "abcd"), "x", SYSTEM);
  assert.equal(await outcome(behind), "suspicious | hidden-pickle | ");
});

/** A safetensors file of one tensor. */
function safetensors(data: string, name = "a"): Uint8Array<ArrayBuffer> {
  const json =
    `{"${name}":{"dtype":"U8","shape":[${data.length}],"data_offsets":[0,${data.length}]}}`;
  const header = json.padEnd(0x56 - 1) + "\n";
  return joined(Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0), header, data);
}

test("scan() takes safetensors for what it is, unless it is a pickle too", async () => {
  assert.equal(await outcome(safetensors("abcd"), "a.safetensors"), "safe |  | ");
  // A header of 0x56 bytes: the length's first byte is the opcode UNICODE, the header its line.
  assert.equal(
    await outcome(safetensors("0cos\nsystem\n."), "a.safetensors"),
    "dangerous | dangerous-name,several-readings | os.system",
  );
  assert.match(await outcome(SYSTEM, "a.safetensors"), /^dangerous/);
  const short = safetensors("abcd").slice(0, -1);
  assert.match(await outcome(short, "a.safetensors"), /^corrupt \| broken-file/);
});

test("scan() takes JSON for what it is", async () => {
  assert.equal(await outcome('{"a": [1, 2]}', "config.json"), "safe |  | ");
  assert.match(await outcome('{"a": [1, 2', "config.json"), /^corrupt \| broken-file/);
  const index = '{"weight_map": {"a": "../a.bin", "b": "b.bin"}}';
  assert.match(await outcome(index, "model.bin.index.json"), /^suspicious \| unsafe-path/);
});

test("scan() of a file of another kind doesn't call it safe", async () => {
  assert.equal(await outcome("\x89HDF\r\n\x1a\n\0\0", "a.h5"), "unknown | foreign-file | ");
  assert.equal(await outcome("\x89HDF\r\n\x1a\n\0\0", "a.pt"), "corrupt | unrecognized | ");
  assert.equal(await outcome("", "a.pt"), "corrupt | unrecognized | ");
  assert.equal(await outcome("just words", "a.pt"), "corrupt | unrecognized | ");
});

/** `torch.save` before 1.6, by its source: the number, 1001, the system, the object, the keys, the storages. */
const MAGIC = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
const VERSION = "\x80\x02M\xe9\x03.";
const STORAGE_ID = "(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0kX\x03\0\0\0cpuK\x01NtQ";
const KEYS = "\x80\x02]X\x01\0\0\0ka.";
const STORAGE = "\x01\0\0\0\0\0\0\0\0\0\x80?";

test("scan() reads every pickle of an old PyTorch file, and steps over its storages", async () => {
  const object = `\x80\x02${STORAGE_ID}.`;
  const head = MAGIC + VERSION + PLAIN;
  const good = head + object + KEYS + STORAGE;
  assert.equal(await outcome(good + good, "a.pt"), "safe |  | torch.FloatStorage");
  const keys = `${SYSTEM.slice(0, -1)}0${KEYS.slice(2)}`;
  assert.match(await outcome(head + object + keys + STORAGE, "a.pt"), /^dangerous .*os\.system/);
  assert.match(await outcome(good + SYSTEM, "a.pt"), /^suspicious \| hidden-pickle,trailing-bytes/);
  assert.match(await outcome(good.slice(0, -1), "a.pt"), /^corrupt \| broken-file/);
  const wrongCount = head + object + KEYS + STORAGE.replace("\x01", "\x02");
  assert.match(await outcome(wrongCount, "a.pt"), /^corrupt \| broken-file/);
  // The number that a call gives is none: then what follows the pickles is nobody's.
  const computed = "\x80\x02cmine\nf\n)R.";
  assert.match(await outcome(computed + VERSION + PLAIN + object, "a.pt"), /persistent-id/);
});

/** A tar archive (POSIX ustar). */
function tar(
  ...members: (readonly [name: string, data: string, type?: string])[]
): Uint8Array<ArrayBuffer> {
  const blocks = members.map(([name, data, type = "0"]) => {
    const block = new Uint8Array(512);
    const put = (at: number, text: string) => block.set(latin1(text), at);
    put(0, name);
    put(124, `${data.length.toString(8).padStart(11, "0")}\0`);
    put(148, "        ");
    put(156, `${type}${type === "2" ? "/etc/passwd" : ""}`);
    put(257, "ustar\x0000");
    const sum = block.reduce((total, byte) => total + byte, 0);
    put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
    return joined(block, data.padEnd(Math.ceil(data.length / 512) * 512, "\0"));
  });
  return joined(...blocks, new Uint8Array(1024));
}

test("scan() reads the members of a tar archive", async () => {
  assert.match(await outcome(tar(["a.pkl", PLAIN]), "a.tar"), /^safe/);
  assert.equal(
    await outcome(tar(["x", "y"], ["a.txt", SYSTEM]), "a.tar"),
    "dangerous | dangerous-name | os.system",
  );
  assert.match(await outcome(tar(["../a", "x"]), "a.tar"), /^suspicious \| unsafe-path/);
  assert.match(await outcome(tar(["a", "", "2"]), "a.tar"), /^suspicious \| unsafe-path/);
  const long = "d/".repeat(60) + "../x";
  assert.match(await outcome(tar(["L", long, "L"], ["d", "x"]), "a.tar"), /unsafe-path/);
});

test("scan() reads the pickles between the numbers of PyTorch's first layout", async () => {
  const storage = "\x80\x02(K\x07X\x03\0\0\0cpuctorch\nFloatStorage\nt.";
  const numbers = "\x01\0\0\0\0\0\0\0\0\0\x80?";
  const storages = `\x80\x02K\x01.${storage}${numbers}\x80\x02].`;
  const around = (views: string) =>
    tar(["sys_info", PLAIN], ["pickle", PLAIN], ["tensors", "\x80\x02K\0."], ["storages", views]);
  assert.doesNotMatch(await outcome(around(storages), "a.tar"), /dangerous|suspicious/);
  const bad = storages.replace("\x80\x02].", SYSTEM);
  assert.match(await outcome(around(bad), "a.tar"), /^dangerous .*os\.system/);
});
