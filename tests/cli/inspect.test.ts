import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.ts";
import { fixturesDir } from "../support/corpus.ts";

const fixture = (name: string) => join(fixturesDir("torch"), name);
const slow = { timeout: 60_000 };
/** All that a listing may need. */
const permissions = ["--allow-read", "--no-prompt"];

test("inspect lists names, dtypes, shapes, sizes and totals", slow, async () => {
  const { code, stdout, stderr } = await runCli(["inspect", fixture("checkpoint.pt")], {
    permissions,
  });
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.match(stdout, /^model\.fc1\.weight +float32 +5 × 6 +120 B$/m);
  assert.match(stdout, /^27 tensors, 206 parameters, 828 B used of 828 B stored$/m);
});

test("inspect tells which names share a storage", slow, async () => {
  const { stdout } = await runCli(["inspect", fixture("tied.pt")], { permissions });
  assert.match(stdout, /^shared storage/m);
});

test("inspect --filter lists what fits", slow, async () => {
  const { stdout } = await runCli(["inspect", fixture("checkpoint.pt"), "-f", "**.bias"]);
  const names = stdout.split("\n").filter((line) => line.includes("float32")).map((line) =>
    line.split(" ")[0]
  );
  assert.deepEqual(names, ["model.fc1.bias", "model.bn.bias", "model.fc2.bias"]);
});

test("inspect --json answers for every file, one document a line", slow, async () => {
  const files = [fixture("bare_tensor.pt"), fixture("missing.pt"), fixture("state_dict.pt")];
  const { code, stdout } = await runCli(["inspect", "--json", ...files]);
  assert.equal(code, 3);
  const documents = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(documents.length, 3);
  assert.equal(documents[0].format, "torch-zip");
  assert.equal(documents[1].error.code, "not-found");
  assert.equal(documents[2].tensors[0].name, "fc1.weight");
});

test("inspect shows the control characters of names instead of sending them", slow, async () => {
  const { stdout } = await runCli(["inspect", "--tree", "--values", fixture("hostile_names.pt")]);
  // deno-lint-ignore no-control-regex -- these are what must not come
  assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});

test("inspect --tree and --values show what is no tensor", slow, async () => {
  const { stdout } = await runCli(["inspect", "--values", fixture("checkpoint.pt")]);
  assert.match(stdout, /^epoch = 3$/m);
  const tree = await runCli(["inspect", "--tree", fixture("checkpoint.pt")]);
  assert.match(tree.stdout, /^ *fc1\.weight +float32 \[5, 6\] 120 B$/m);
});

test("inspect --stats and --sha256 add columns", slow, async () => {
  const { stdout } = await runCli([
    "inspect",
    "--stats",
    "--sha256",
    "-f",
    "model.fc1.bias",
    fixture("checkpoint.pt"),
  ]);
  // numpy: min -0.38743445, max 0.38796949, mean 0.00252482, std 0.32358843 of the five numbers.
  assert.match(stdout, /-0\.3874 +0\.388 +0\.002525 +0\.3236/);
  assert.match(stdout, /\b[0-9a-f]{64}\b/);
});

test("inspect answers a damaged file with one line and status 3", slow, async () => {
  const { code, stdout, stderr } = await runCli(["inspect", fixture("corrupt/trunc_header.pt")]);
  assert.equal(code, 3);
  assert.equal(stdout, "");
  assert.match(stderr, /^statedict: .*trunc_header\.pt: .+ — .+\n$/);
});

test("inspect tells what state_dict() calls a module's tensors", slow, async () => {
  const { stdout } = await runCli(["inspect", join(fixturesDir("torch"), "module_linear.pt")]);
  assert.match(stdout, /^_parameters\.weight .*weight in state_dict\(\), parameter$/m);
});

test("inspect tells what scipy's matrices are", slow, async () => {
  const { stdout } = await runCli(["inspect", join(fixturesDir("arrays"), "sp-csr.joblib")]);
  // As scipy's own repr: 13 stored elements and shape (6, 7).
  assert.match(stdout, /csr_matrix, 6 × 7 with 13 stored elements$/m);
});

test("inspect --values says numbers, dates and members of enums in words", slow, async () => {
  // pickle.dumps({"d": Decimal("1.50"), "e": Color.RED}, 2) of CPython 3.11, Color of module m.
  const pickle = "80027d710028580100000064710163646563696d616c0a446563696d616c0a71025804000000" +
    "312e353071038571045271055801000000657106636d0a436f6c6f720a71074b018571085271" +
    "09752e";
  const stdin = Uint8Array.from(pickle.match(/../g)!, (pair) => parseInt(pair, 16));
  const { stdout } = await runCli(["inspect", "--values", "-"], { stdin });
  assert.match(stdout, /^d = 1\.50 {2}\(decimal\)$/m);
  assert.match(stdout, /^e: m\.Color\(1\)$/m);
});

test("inspect says which sub-trees --root may take", slow, async () => {
  const { stdout } = await runCli(["inspect", join(fixturesDir("torch"), "lightning.ckpt")]);
  assert.match(
    stdout,
    /^sub-trees for --root: state_dict \(9\), callbacks \(2\), optimizer_states \(18\)$/m,
  );
  const flat = await runCli(["inspect", join(fixturesDir("torch"), "state_dict.pt")]);
  assert.doesNotMatch(flat.stdout, /sub-tree/);
});
