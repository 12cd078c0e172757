import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { ErrorCode } from "../../../src/errors.ts";
import { isStateDictError } from "../../../src/errors.ts";
import { httpSource } from "../../../src/io/http/source.ts";
import type { HttpOptions } from "../../../src/io/http/options.ts";
import { readBytes } from "../../../src/io/source.ts";
import { TAIL_SIZE } from "../../../src/zip/directory.ts";
import { serve } from "../../support/http_server.ts";
import type { TestServer } from "../../support/http_server.ts";

const slow = { timeout: 60_000 };
const BYTES = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 251);
/** Test servers are of this machine, and shall not make tests wait. */
const HERE: HttpOptions = { allowPrivate: true, backoff: 1 };

const open = (server: TestServer, options: HttpOptions = {}) =>
  httpSource(`${server.origin}/a`, { ...HERE, ...options });

const fails = (code: ErrorCode, message: RegExp, hint = /(?:)/) => (error: unknown) =>
  isStateDictError(error) && error.code === code && message.test(error.message) &&
    hint.test(error.hint ?? "") ||
  assert.fail(`${error} — ${(error as { hint?: string }).hint}`);

async function readsRight(server: TestServer, options: HttpOptions = {}): Promise<void> {
  const source = await open(server, options);
  const bytes = await readBytes(source, 1_000_000, 500_000);
  assert.ok(Buffer.from(bytes).equals(BYTES.subarray(1_000_000, 1_500_000)));
}

test("httpSource() asks for both ends at once, and for what is between when it is read", async () => {
  await using server = await serve({ "/a": BYTES });
  const source = await open(server);
  assert.equal(source.size, BYTES.length);
  assert.equal(source.name, `${server.origin}/a`);
  assert.deepEqual(server.requests.map(({ range }) => range).sort(), [
    "bytes=-66560",
    "bytes=0-64511",
  ]);
  assert.equal(server.sent, 128 * 1024);
  const last = await readBytes(source, BYTES.length - TAIL_SIZE, TAIL_SIZE);
  assert.ok(Buffer.from(last).equals(BYTES.subarray(-TAIL_SIZE)));
  assert.ok(Buffer.from(await readBytes(source, 0, 60_000)).equals(BYTES.subarray(0, 60_000)));
  assert.equal(server.requests.length, 2);
  assert.deepEqual(await readBytes(source, 1_500_000, 3), BYTES.slice(1_500_000, 1_500_003));
  assert.equal(server.requests.length, 3);
  for (const { headers } of server.requests) {
    assert.match(headers["accept-encoding"]!.toString(), /^identity(, identity)?$/);
  }
  assert.equal(server.requests[2]!.headers["if-range"], '"v1"');
});

test("httpSource() reads short and empty files", async () => {
  await using server = await serve({ "/a": BYTES.subarray(0, 10), "/empty": new Uint8Array(0) });
  assert.deepEqual(await readBytes(await open(server), 2, 8), BYTES.slice(2, 10));
  const empty = await httpSource(`${server.origin}/empty`, HERE);
  assert.equal(empty.size, 0);
});

test("httpSource() reads files larger than 4 GiB", async () => {
  const size = 2 ** 34;
  const bytes = (start: number, end: number) =>
    Uint8Array.from({ length: end - start }, (_, i) => (start + i) % 251);
  await using server = await serve({ "/a": { size, bytes } });
  const source = await open(server);
  assert.deepEqual(await readBytes(source, 2 ** 33 + 5, 4), bytes(2 ** 33 + 5, 2 ** 33 + 9));
  assert.deepEqual(await readBytes(source, size - 4, 4), bytes(size - 4, size));
});

test("httpSource() merges reads at the same time", async () => {
  await using server = await serve({ "/a": BYTES });
  const source = await open(server);
  const offsets = Array.from({ length: 20 }, (_, i) => 500_000 + i * 100_000);
  const parts = await Promise.all(offsets.map((at) => readBytes(source, at, 50)));
  parts.forEach((part, i) => assert.deepEqual(part, BYTES.slice(offsets[i]!, offsets[i]! + 50)));
  assert.ok(server.requests.length <= 5, `${server.requests.length} requests`);
});

test("httpSource() downloads all from a server that knows no ranges, and says so", async () => {
  await using server = await serve({ "/a": BYTES });
  server.fault = (reply) => {
    delete reply.headers["content-range"];
    Object.assign(reply, { status: 200, body: BYTES });
    reply.headers["content-length"] = `${BYTES.length}`;
  };
  const warnings: string[] = [];
  await readsRight(server, { warn: (text) => warnings.push(text) });
  assert.deepEqual(warnings, [
    `The server ${server.host} knows no ranges: the whole file, 3000000 bytes, is downloaded`,
  ]);
  assert.equal(server.requests.length, 2);
  await assert.rejects(open(server, { maxDownload: 2_999_999 }), fails("limit", /3000000 bytes/));

  server.fault = (reply) => {
    Object.assign(reply, { status: 200, headers: {}, body: BYTES }); // chunked: without a length
  };
  await readsRight(server);
  await assert.rejects(open(server, { maxDownload: 2_999_999 }), fails("limit", /2999999 bytes/));
});

test("httpSource() gets on where a server can't give the end of a file it doesn't know", async () => {
  for (const status of [200, 400, 416, 501]) {
    await using server = await serve({ "/a": BYTES });
    server.fault = (reply, { range }) => {
      if (range === "bytes=-66560") Object.assign(reply, { status, headers: {}, body: BYTES });
    };
    await readsRight(server);
    const last = await readBytes(await open(server), BYTES.length - 5, 5);
    assert.deepEqual(last, BYTES.slice(-5));
  }
});

test("httpSource() refuses answers with other bytes than those that were asked for", async () => {
  await using server = await serve({ "/a": BYTES });
  const wrong = [
    undefined,
    "bytes 0-64511",
    "bytes 0-64511/*",
    "bytes 1-64511/3000000",
    "bytes 0-64510/3000000",
    "bytes 0-64512/3000000",
    "bytes 64511-0/3000000",
    "bytes 0-64511/64511",
    "bytes 0-64511/99999999999999999999",
    "items 0-64511/3000000",
  ];
  for (const text of wrong) {
    server.fault = (reply, { range }) => {
      if (range !== "bytes=0-64511") return;
      if (text === undefined) delete reply.headers["content-range"];
      else reply.headers["content-range"] = text;
    };
    await assert.rejects(open(server), fails("network", /which bytes|for a range|asked for/));
  }
});

test("httpSource() refuses a later answer with other bytes", async () => {
  await using server = await serve({ "/a": BYTES });
  server.fault = (reply, _, __, count) => {
    if (count > 2) reply.headers["content-range"] = "bytes 0-499999/3000000";
  };
  await assert.rejects(readsRight(server), fails("network", /asked for the bytes 995904 to/));
});

test("httpSource() refuses more bytes than were announced", async () => {
  await using server = await serve({ "/a": BYTES });
  server.fault = (reply) => {
    delete reply.headers["content-length"];
    reply.body = BYTES;
  };
  await assert.rejects(open(server), fails("network", /more than the 64512 bytes/));
});

test("httpSource() refuses compressed answers", async () => {
  await using server = await serve({ "/a": BYTES });
  server.fault = (reply) => {
    reply.headers["content-encoding"] = "gzip";
    reply.body = gzipSync(reply.body);
    delete reply.headers["content-length"];
  };
  await assert.rejects(open(server), fails("network", /compresses \(gzip\)/));
});

test("httpSource() tells when the file is another by now", async () => {
  const changes: [string, (server: TestServer) => void][] = [
    ["its mark", (server) => server.etag = '"v2"'],
    ["its size", (server) => server.files.set("/a", BYTES.subarray(0, 2_999_999))],
    ["its mark, on a server that ignores conditions", (server) => {
      server.fault = (reply) => {
        reply.headers.etag = '"v2"';
      };
    }],
    ["its end", (server) => server.files.set("/a", BYTES.subarray(0, 900_000))],
  ];
  for (const [what, change] of changes) {
    await using server = await serve({ "/a": BYTES });
    const source = await open(server);
    change(server);
    await assert.rejects(
      readBytes(source, 1_000_000, 10),
      fails("network", /has changed on the server/, /open it again/),
      what,
    );
  }
});

test("httpSource() tells when the two ends are of two files", async () => {
  await using server = await serve({ "/a": BYTES });
  server.fault = (reply, { range }) => {
    if (range === "bytes=-66560") reply.headers.etag = '"v2"';
  };
  await assert.rejects(open(server), fails("network", /has changed/));
});

test("httpSource() goes by the date where there is no mark, and sends no weak mark", async () => {
  await using server = await serve({ "/a": BYTES });
  const date = "Wed, 21 Oct 2015 07:28:00 GMT";
  server.etag = undefined;
  server.fault = (reply) => {
    reply.headers["last-modified"] = date;
  };
  const source = await open(server);
  // The server compares it with its ETag, and so takes the file for another.
  await assert.rejects(readBytes(source, 1_000_000, 10), fails("network", /has changed/));
  assert.equal(server.requests.at(-1)!.headers["if-range"], date);

  server.fault = undefined;
  server.etag = 'W/"v1"';
  await readsRight(server);
  assert.equal(server.requests.at(-1)!.headers["if-range"], undefined);
});

test("httpSource() tells what a status means", async () => {
  await using server = await serve({ "/a": BYTES });
  await assert.rejects(httpSource(`${server.origin}/b`, HERE), fails("not-found", /no such file/));
  const cases: [number, ErrorCode, RegExp][] = [
    [403, "network", /denies access \(status 403\)/],
    [410, "not-found", /no such file/],
    [418, "network", /answers with status 418/],
  ];
  for (const [status, code, message] of cases) {
    server.reset();
    server.fault = (reply) => {
      Object.assign(reply, { status, headers: {}, body: new Uint8Array(0) });
    };
    await assert.rejects(open(server), fails(code, message));
    assert.equal(server.requests.length, 2); // once for each end
  }
});

test("httpSource() tells of a host that isn't there", slow, async () => {
  const server = await serve({});
  await server[Symbol.asyncDispose]();
  await assert.rejects(
    open(server, { tries: 2 }),
    fails("network", new RegExp(`${server.host} refuses the connection`)),
  );
});

test("httpSource() leaves no clock running, however it ends", async () => {
  const [set, clear] = [globalThis.setTimeout, globalThis.clearTimeout];
  const running = new Set<unknown>();
  const timeout = 12_345;
  globalThis.setTimeout = ((call: () => void, delay: number) => {
    const timer = set(call, delay);
    if (delay === timeout) running.add(timer);
    return timer;
  }) as typeof set;
  globalThis.clearTimeout = ((timer: number) => {
    running.delete(timer);
    clear(timer);
  }) as typeof clear;
  try {
    await using server = await serve({ "/a": BYTES });
    const source = await open(server, { timeout });
    await readBytes(source, 1_000_000, 10);
    const faults: TestServer["fault"][] = [
      (reply) => void (reply.headers.etag = '"v2"'),
      (reply) => void (reply.headers["content-range"] = "bytes 5-6/7"),
      (reply) => {
        reply.body = gzipSync(reply.body);
        reply.headers = { ...reply.headers, "content-encoding": "gzip" };
        delete reply.headers["content-length"];
      },
      (reply) => void Object.assign(reply, { status: 200 }),
      (reply) => void Object.assign(reply, { status: 404 }),
      (reply) => void Object.assign(reply, { status: 302 }),
    ];
    for (const fault of faults) {
      server.fault = fault;
      await assert.rejects(readBytes(source, 2_000_000, 10));
      await open(server, { timeout, maxDownload: 5 }).catch(() => {});
      assert.equal(running.size, 0, String(fault));
    }
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
});

test("httpSource() sends the caller's headers to his own server", async () => {
  await using server = await serve({ "/a": BYTES });
  await readsRight(server, { headers: { Authorization: "Bearer secret" } });
  for (const { headers } of server.requests) assert.equal(headers.authorization, "Bearer secret");
});
