import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openFile } from "../../src/io/file.ts";
import { bytesSource } from "../../src/io/source.ts";
import { scan } from "../../src/scan/scan.ts";
import { countingSource } from "../support/counting_source.ts";
import { fixturesDir } from "../support/corpus.ts";
import { joined, latin1, PLAIN, scanBytes, SYSTEM } from "./made.ts";
import { makeZip } from "../zip/make_zip.ts";

test("scan() reads no weights", async () => {
  const weights = new Uint8Array(2 ** 22);
  const archive = makeZip([
    { title: "a/version", data: "3\n" },
    { title: "a/data.pkl", data: latin1(PLAIN) },
    { title: "a/data/0", data: weights },
  ]);
  const source = countingSource(bytesSource(archive, "made.pt"));
  assert.equal((await scan(source)).verdict, "safe");
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < 2 ** 19, `${read} bytes were read`);
});

test("scan() says why a tensor can't be true", async () => {
  const { verdict, findings } = await scan(join(fixturesDir("torch"), "giant_expand.pt"));
  assert.equal(verdict, "safe", JSON.stringify(findings));
  const lies = [
    "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n",
    "X\x01\0\0\x000X\x03\0\0\0cpuK\x01tQK\0K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR.",
  ].join("");
  const archive = makeZip([
    { title: "a/data.pkl", data: latin1(lies) },
    { title: "a/version", data: "3\n" },
    { title: "a/data/0", data: "\0\0\x80?" },
  ]);
  const report = await scanBytes(archive, "made.pt");
  assert.deepEqual(report.findings.map(({ rule }) => rule), ["contradiction"]);
});

test("scan() tells by time that is up, not by saying that all is well", async () => {
  const { verdict, findings } = await scanBytes(PLAIN, "a.pkl", { limits: { seconds: 0 } });
  assert.equal(verdict, "suspicious");
  assert.ok(findings.some(({ rule }) => rule === "limit"));
});

test("scan() rejects when the caller stops it, and for what can't be read", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(scanBytes(PLAIN, "a.pkl", { signal }), { code: "aborted" });
  await assert.rejects(scan("/nowhere/at/all.pt"), { code: "not-found" });
  await assert.rejects(scan(fixturesDir("torch")), { code: "usage", hint: /scanFolder/ });
  const failing = bytesSource(latin1(PLAIN));
  failing.view = undefined;
  failing.readSync = () => {
    throw Object.assign(new Error("no"), { name: "StateDictError", code: "io" });
  };
  await assert.rejects(scan(failing), { code: "io" });
});

test("scan() closes the file", async () => {
  const file = await openFile(join(fixturesDir("torch"), "state_dict.pt"));
  const source = countingSource(file);
  assert.equal((await scan(source)).verdict, "safe");
  assert.ok(source.closed);
});

test("scan() leaves JavaScript's own objects alone", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype).sort();
  const names = ["__proto__\npolluted", "constructor\nprototype", "toString\n__proto__"];
  const stream = `\x80\x02${
    names.map((name) => `c${name}\n0`).join("")
  }}X\x09\0\0\0__proto__K\x01s.`;
  const { verdict, globals } = await scanBytes(stream);
  assert.notEqual(verdict, "safe");
  assert.deepEqual(globals.map(({ name }) => name), [
    "__proto__.polluted",
    "constructor.prototype",
    "toString.__proto__",
  ]);
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), before);
});

test("scan() survives a million imports", async () => {
  const { verdict, findings } = await scanBytes(
    joined("\x80\x02", "ca\nb\n0".repeat(300_000), "N."),
  );
  assert.equal(verdict, "suspicious");
  assert.ok(findings.some(({ rule, why }) => rule === "limit" && /imports of names/.test(why)));
});

test("scan() finds a call in 5 MB of pickle", async () => {
  const filler = "K\x01".repeat(2_500_000);
  const { findings } = await scanBytes(`\x80\x02(${filler}l0${SYSTEM.slice(2)}`);
  assert.equal(findings[0]!.global, "os.system");
  assert.equal(findings[0]!.offset, 5_000_005);
});
