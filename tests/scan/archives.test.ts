import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import { makeZip } from "../zip/make_zip.ts";
import type { MadeMember } from "../zip/make_zip.ts";
import { joined, latin1, outcome, PLAIN, scanBytes, SYSTEM } from "./made.ts";

const VERSION: MadeMember = { title: "a/version", data: "3\n" };
const GOOD: MadeMember = { title: "a/data.pkl", data: latin1(PLAIN) };
const BAD: MadeMember = { title: "a/data.pkl", data: latin1(SYSTEM) };

function outcomeOfZip(
  members: MadeMember[],
  around?: Parameters<typeof makeZip>[1],
  name = "made.pt",
): Promise<string> {
  return outcome(makeZip(members, around), name);
}

test("scan() names the member, and the members around it", async () => {
  const inner = makeZip([VERSION, BAD]);
  const { findings } = await scanBytes(makeZip([VERSION, GOOD, { title: "a/x", data: inner }]));
  assert.deepEqual(findings.map(({ global, where }) => [global, where]), [
    ["os.system", "a/x!/a/data.pkl"],
  ]);
});

const MEMBERS: readonly (readonly [what: string, members: MadeMember[], expected: string])[] = [
  ["a good archive", [VERSION, GOOD], "safe |  | "],
  [
    "another pickle than data.pkl",
    [VERSION, GOOD, { title: "a/notes.txt", data: latin1(SYSTEM) }],
    "dangerous | dangerous-name | os.system",
  ],
  ["a pickle of protocol 0 in a text", [VERSION, GOOD, {
    title: "a/notes.txt",
    data: "cos\nsystem\n.",
  }], "dangerous | dangerous-name | os.system"],
  [
    "two members of one name",
    [VERSION, GOOD, BAD],
    "dangerous | dangerous-name,zip-names | os.system",
  ],
  ["names that PyTorch takes for one", [VERSION, GOOD, {
    title: "a/DATA.PKL",
    data: latin1(SYSTEM),
  }], "dangerous | dangerous-name,zip-names | os.system"],
  [
    "a storage that is a pickle",
    [VERSION, GOOD, { title: "a/data/0", data: latin1(SYSTEM) }],
    "suspicious | hidden-pickle | ",
  ],
  ["a member that the directory leaves out", [VERSION, GOOD, {
    ...BAD,
    title: "a/x.pkl",
    hidden: true,
  }], "suspicious | hidden-pickle,zip-stray-bytes | "],
  ["another name in the local header", [VERSION, {
    ...GOOD,
    local: { name: latin1("a/data.pk1") },
  }], "suspicious | zip-local-header | "],
  ["a wrong CRC", [VERSION, { ...GOOD, crc: 1 }], "suspicious | zip-crc | "],
  [
    "a member that says it is encrypted",
    [VERSION, { ...BAD, flags: 1 }],
    "dangerous | dangerous-name,zip-method | os.system",
  ],
  [
    "a path that climbs",
    [{ title: "../../x.npy", data: "x" }],
    "suspicious | unrecognized,unsafe-path | ",
  ],
  [
    "a symbolic link",
    [VERSION, GOOD, { title: "a/l", data: "/etc", attributes: 0xa1ff * 2 ** 16 }],
    "suspicious | unsafe-path | ",
  ],
  [
    "no data.pkl",
    [VERSION, { title: "a/data/0", data: "abcd" }],
    "corrupt | incomplete-archive | ",
  ],
  [
    "TorchScript",
    [VERSION, GOOD, { title: "a/code/x.py", data: "def f():\n" }],
    "unknown | archive-code | ",
  ],
  [
    "torch.package",
    [VERSION, { title: "a/.data/extern_modules", data: "torch\n" }],
    "suspicious | package-code | ",
  ],
  [
    "a data.pkl that is no pickle",
    [VERSION, { title: "a/data.pkl", data: "\0\0\0\0" }],
    "corrupt | unrecognized | ",
  ],
];

for (const [what, members, expected] of MEMBERS) {
  test(`scan() of an archive with ${what} is ${expected.split(" ")[0]}`, async () => {
    assert.equal(await outcomeOfZip(members), expected);
  });
}

test("scan() of an archive with a model of another kind doesn't call it safe", async () => {
  const h5: MadeMember = { title: "model.weights.h5", data: "\x89HDF\r\n\x1a\n\0" };
  assert.equal(await outcomeOfZip([h5], {}, "a.keras"), "unknown | foreign-file | ");
  const handler: MadeMember = { title: "handler.py", data: "import os\n" };
  assert.equal(await outcomeOfZip([handler], {}, "a.mar"), "unknown | archive-code | ");
});

test("scan() takes no pickle of a package for a storage", async () => {
  const members: MadeMember[] = [
    { title: "p/.data/extern_modules", data: "torch\n" },
    { title: "p/data/0", data: latin1(SYSTEM) },
  ];
  assert.match(await outcomeOfZip(members), /^dangerous .*os\.system$/);
});

test("scan() reads deflated members, and says when they are longer than stated", async () => {
  const deflated = (text: string, size: number): MadeMember => {
    const data = new Uint8Array(deflateRawSync(latin1(text)));
    return { title: "a/data.pkl", data, method: 8, compressedSize: data.length, size, crc: 0 };
  };
  assert.equal(
    await outcomeOfZip([VERSION, deflated(SYSTEM, SYSTEM.length)]),
    "dangerous | dangerous-name | os.system",
  );
  const lie = deflated(PLAIN + SYSTEM, PLAIN.length);
  assert.equal(
    await outcomeOfZip([VERSION, lie]),
    "dangerous | dangerous-name,zip-size | os.system",
  );
});

test("scan() tells of a pickle that packs 1000 to 1", async () => {
  const plain = joined("\x80\x03B\0\0\0\x02", new Uint8Array(2 ** 25), ".");
  const data = new Uint8Array(deflateRawSync(plain));
  const member = { title: "a/data.pkl", data, method: 8, size: plain.length, crc: 0 };
  assert.equal(await outcomeOfZip([VERSION, member]), "suspicious | packed-bomb | ");
});

test("scan() sees what stands before, between and behind archives", async () => {
  const good = makeZip([VERSION, GOOD]);
  const bad = makeZip([VERSION, BAD]);
  assert.equal(
    await outcome(joined(SYSTEM, good), "made.pt"),
    "dangerous | dangerous-name,several-readings,trailing-bytes,zip-stray-bytes | os.system",
  );
  assert.match(await outcome(joined(bad, good), "made.pt"), /^dangerous .*zip-.* os\.system$/);
  assert.equal(
    await outcomeOfZip([VERSION, GOOD], { suffix: latin1(`junk${SYSTEM}`) }),
    "suspicious | hidden-pickle,zip-stray-bytes | ",
  );
});

test("scan() reads both directories where there are two", async () => {
  // The end record leads to the first directory by its offset, and to the second by its size.
  const bad = makeZip([{ title: "a/data.pkl", data: latin1(SYSTEM) }]);
  const end = bad.length - 22;
  const directory = bad.subarray(new DataView(bad.buffer).getUint32(end + 16, true), end);
  const good = makeZip([{ title: "b/data.pkl", data: latin1(PLAIN) }], {
    prefix: bad.subarray(0, end),
  });
  const two = good.slice();
  new DataView(two.buffer).setUint32(good.length - 22 + 16, end - directory.length, true);
  assert.match(await outcome(two, "made.pt"), /^dangerous .*zip-directory.* os\.system$/);
});

test("scan() reads what is left of an archive without its end", async () => {
  const cut = makeZip([VERSION, BAD]).slice(0, -30);
  assert.match(await outcome(cut, "made.pt"), /^suspicious \| broken-file,hidden-pickle/);
});

test("scan() unpacks members that share bytes once", async () => {
  const zeros = new Uint8Array(deflateRawSync(new Uint8Array(2 ** 24)));
  const shared = Array.from({ length: 300 }, (_, i): MadeMember => ({
    title: `m${i}`,
    data: zeros,
    method: 8,
    size: 2 ** 24,
    offset: 0,
    ghost: i > 0,
  }));
  // Unpacked each, they would be 5 GB.
  const { verdict, findings } = await scanBytes(makeZip(shared), "made.zip");
  assert.equal(verdict, "suspicious");
  assert.ok(findings.every(({ rule }) => rule !== "limit"));
});

test("scan() stops at archives five deep, and says so", async () => {
  let nested = makeZip([{ title: "x.pkl", data: latin1(SYSTEM) }]);
  for (let i = 0; i < 5; i++) nested = makeZip([{ title: "x.zip", data: nested }]);
  assert.match(await outcome(nested, "made.zip"), /^suspicious \| limit/);
});

test("scan() counts members", async () => {
  const members = Array.from({ length: 20 }, (_, i): MadeMember => ({ title: `m${i}` }));
  const { findings } = await scanBytes(makeZip(members), "made.zip", { limits: { members: 10 } });
  assert.deepEqual(findings.map(({ rule }) => rule), ["limit"]);
});

test("scan() takes the archives of a distributed checkpoint one by one", async () => {
  const wide = { zip64: {} };
  const row = joined(makeZip([VERSION, GOOD], wide), makeZip([VERSION, BAD], wide));
  const { findings, kinds } = await scanBytes(row, "__0_0.distcp");
  assert.ok(kinds.includes("archive-row"));
  assert.deepEqual(findings.map(({ rule }) => rule), ["dangerous-name"]);
  assert.match(await outcome(row, "other.pt"), /zip-/);
});

test("scan() unpacks streams, also of several members, and tells what is behind", async () => {
  const gzip = (text: string) => new Uint8Array(gzipSync(latin1(text)));
  assert.equal(await outcome(gzip(SYSTEM)), "dangerous | dangerous-name | os.system");
  const parts = joined(gzip(SYSTEM.slice(0, 9)), gzip(SYSTEM.slice(9)));
  assert.equal(await outcome(parts), "dangerous | dangerous-name | os.system");
  const trailing = joined(gzip(PLAIN), SYSTEM);
  assert.equal(await outcome(trailing), "suspicious | hidden-pickle,trailing-bytes | ");
  const twice = new Uint8Array(gzipSync(gzip(PLAIN)));
  assert.equal(await outcome(twice), "suspicious | packed-twice | ");
  const cut = gzip(SYSTEM).slice(0, -4);
  assert.match(await outcome(cut), /^dangerous \| broken-file,dangerous-name/);
});
