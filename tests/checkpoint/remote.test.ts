import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadStateDict } from "../../src/checkpoint/load.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveStateDict } from "../../src/checkpoint/save.ts";
import { verifyCheckpoint } from "../../src/checkpoint/verify.ts";
import { memorySink } from "../../src/io/sink.ts";
import { scan } from "../../src/scan/scan.ts";
import { scanFolder } from "../../src/scan/folder.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { tensorSha256 } from "../../src/tensor/hash.ts";
import { fixturesDir } from "../support/corpus.ts";
import { serve } from "../support/http_server.ts";
import type { Body } from "../support/http_server.ts";

const slow = { timeout: 60_000 };
const remote = { allowPrivate: true, backoff: 1 };

/** All files of a folder of the fixtures, as a server has them. */
function folder(name = ""): Record<string, Body> {
  const root = join(fixturesDir("torch"), name);
  return Object.fromEntries(
    readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile())
      .map(({ name }) => [`/${name}`, readFileSync(join(root, name))]),
  );
}

/** A state dict of many tensors whose names are as long as those of large language models. */
async function manyTensors(count: number, format: string): Promise<Uint8Array> {
  const values = new Float32Array(1000);
  const tensors = new Map(
    Array.from({ length: count }, (_, i) => {
      const name = `model.layers.${i}.self_attn.q_proj.weight`;
      return [name, tensorFrom(values, [10, 100])] as const;
    }),
  );
  const sink = memorySink();
  await saveStateDict(sink, tensors, { format });
  return sink.bytes();
}

test("500 tensors are listed with two requests and 128 KiB", slow, async () => {
  for (const format of ["pt", "safetensors"]) {
    await using server = await serve({ "/model": await manyTensors(500, format) });
    await using checkpoint = await openCheckpoint(`${server.origin}/model`, { remote });
    assert.equal(checkpoint.tensors.size, 500);
    assert.equal(server.requests.length, 2, format);
    assert.ok(server.sent <= 128 * 1024, `${format}: ${server.sent} bytes`);
  }
});

test("20,000 tensors are listed with four requests, the weights left out", slow, async () => {
  for (const [format, most] of [["pt", 4], ["safetensors", 3]] as const) {
    const bytes = await manyTensors(20_000, format);
    await using server = await serve({ "/model": bytes });
    await using checkpoint = await openCheckpoint(`${server.origin}/model`, { remote });
    assert.equal(checkpoint.tensors.size, 20_000);
    assert.ok(server.requests.length <= most, `${format}: ${server.requests.length} requests`);
    assert.ok(server.sent < bytes.length / 10, `${format}: ${server.sent} of ${bytes.length}`);
  }
});

test("a file of 16 GiB is listed as quickly as a small one, and gives up one tensor", async () => {
  const size = 2 ** 34;
  const header = new TextEncoder().encode(
    `{"a":{"dtype":"U8","shape":[${size - 8}],"data_offsets":[0,${size - 8}]},` +
      `"b":{"dtype":"U8","shape":[8],"data_offsets":[${size - 8},${size}]}}`,
  );
  const head = new Uint8Array(8 + header.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(header.length), true);
  head.set(header, 8);
  const bytes = (start: number, end: number) =>
    Uint8Array.from({ length: end - start }, (_, i) => head[start + i] ?? (start + i) % 256);
  await using server = await serve({ "/model": { size: head.length + size, bytes } });
  await using checkpoint = await openCheckpoint(`${server.origin}/model`, { remote });
  assert.equal(server.requests.length, 2);
  const { data } = await checkpoint.tensor("b").load();
  const at = head.length + size - 8;
  assert.deepEqual([...data as Uint8Array], [...bytes(at, at + 8)]);
  assert.equal(server.requests.length, 2); // it is in the end
});

test("loadStateDict() gives the same from a server as from the disk", async () => {
  const root = fixturesDir("torch");
  await using server = await serve(folder());
  for (const name of ["checkpoint.pt", "legacy_state_dict.pth", "rezip_deflate.pt"]) {
    const local = await loadStateDict(join(root, name));
    const there = await loadStateDict(new URL(`${server.origin}/${name}`), { remote });
    assert.deepEqual([...there.keys()], [...local.keys()]);
    for (const [key, tensor] of there) {
      assert.equal(await tensorSha256(tensor), await tensorSha256(local.get(key)!), key);
    }
  }
});

test("shards are opened through their index's address", async () => {
  for (const format of ["hf_bin", "hf_safetensors"]) {
    const files = folder(format);
    const index = Object.keys(files).find((name) => name.endsWith(".index.json"))!;
    await using server = await serve(files);
    const local = await loadStateDict(join(fixturesDir("torch"), format));
    const there = await loadStateDict(server.origin + index, { remote });
    assert.deepEqual([...there.keys()].sort(), [...local.keys()].sort());
    server.files.delete(Object.keys(files).find((name) => name.includes("00002"))!);
    await assert.rejects(loadStateDict(server.origin + index, { remote }), {
      code: "corrupt",
      message: /is missing/,
    });
  }
});

test("arrays beside a joblib file are read from its server, each file opened once", async () => {
  const root = fixturesDir("arrays");
  const name = "jo-companions.pkl";
  const names = [name, ...[1, 2, 3].map((i) => `${name}_0${i}.npy`)];
  await using server = await serve(
    Object.fromEntries(names.map((name) => [`/m/${name}`, readFileSync(join(root, name))])),
  );
  const local = await loadStateDict(join(root, name));
  const there = await loadStateDict(`${server.origin}/m/${name}`, { remote });
  assert.deepEqual([...there.keys()], [...local.keys()]);
  for (const [key, tensor] of there) {
    assert.equal(await tensorSha256(tensor), await tensorSha256(local.get(key)!), key);
  }
  assert.equal(server.requests.length, 8); // both ends of four files
});

test("an index leads to files beside it only", async () => {
  for (const name of ["../secret", "/secret", "http://127.0.0.1:1/x", "a/b", "..", "a\\b"]) {
    const index = JSON.stringify({ weight_map: { a: name } });
    await using server = await serve({ "/m/i.json": new TextEncoder().encode(index) });
    await assert.rejects(openCheckpoint(`${server.origin}/m/i.json`, { remote }), {
      code: "refused",
    });
    assert.ok(server.requests.every(({ url }) => url === "/m/i.json"));
  }
});

test("the library asks no private host, and no public one without encryption, by itself", async () => {
  await using server = await serve(folder());
  for (const input of [`${server.origin}/checkpoint.pt`, "http://example.com/a.pt"]) {
    await assert.rejects(openCheckpoint(input), { code: "refused" });
    await assert.rejects(scan(input), { code: "refused" });
  }
  await assert.rejects(openCheckpoint("s3://bucket/model.pt"), { code: "refused" });
  assert.equal(server.requests.length, 0);
});

test("a checkpoint tells that all of it was downloaded, or the caller is told", async () => {
  const bytes = await manyTensors(100, "pt");
  await using server = await serve({ "/model": bytes });
  server.fault = (reply) => {
    Object.assign(reply, { status: 200, headers: {}, body: bytes });
  };
  await using checkpoint = await openCheckpoint(`${server.origin}/model`, { remote });
  assert.equal(checkpoint.warnings.length, 1);
  assert.match(checkpoint.warnings[0]!, /knows no ranges: the whole file is downloaded/);
  const told: string[] = [];
  const warn = (text: string) => told.push(text);
  await using again = await openCheckpoint(`${server.origin}/model`, {
    remote: { ...remote, warn },
  });
  assert.deepEqual(again.warnings, []);
  assert.equal(told.length, 1);
});

test("scan() reads a remote file", async () => {
  await using server = await serve(folder());
  assert.equal((await scan(`${server.origin}/checkpoint.pt`, { remote })).verdict, "safe");
  const address = `${server.origin}/function_ref.pt`;
  const [there] = await Array.fromAsync(scanFolder(address, { remote }));
  const [local] = await Array.fromAsync(scanFolder(join(fixturesDir("torch"), "function_ref.pt")));
  assert.deepEqual({ ...there, file: "" }, { ...local, file: "" });
});

test("verify doesn't blame a file for its server", async () => {
  await using server = await serve({ "/model": await manyTensors(200, "pt") });
  await using checkpoint = await openCheckpoint(`${server.origin}/model`, { remote });
  server.fault = (reply) => {
    Object.assign(reply, { status: 500, headers: {}, body: new Uint8Array(0) });
  };
  await assert.rejects(Array.fromAsync(verifyCheckpoint(checkpoint)), { code: "network" });
});

test("all tensors at once take few requests", slow, async () => {
  await using server = await serve({ "/model": await manyTensors(2000, "pt") });
  await using checkpoint = await openCheckpoint(`${server.origin}/model`, { remote });
  server.reset();
  await Promise.all([...checkpoint.tensors.values()].map((tensor) => tensor.load()));
  assert.ok(server.requests.length <= 40, `${server.requests.length} requests`);
});

test("all tensors one by one take few requests", slow, async () => {
  await using server = await serve({ "/model": await manyTensors(2000, "safetensors") });
  await using checkpoint = await openCheckpoint(`${server.origin}/model`, { remote });
  server.reset();
  for (const tensor of checkpoint.tensors.values()) await tensor.load();
  assert.ok(server.requests.length <= 12, `${server.requests.length} requests`);
});
