import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorCode } from "../../../src/errors.ts";
import { isStateDictError } from "../../../src/errors.ts";
import type { HttpOptions } from "../../../src/io/http/options.ts";
import { retryAfter } from "../../../src/io/http/retry.ts";
import { httpSource } from "../../../src/io/http/source.ts";
import { readBytes } from "../../../src/io/source.ts";
import { serve } from "../../support/http_server.ts";
import type { TestServer } from "../../support/http_server.ts";

const slow = { timeout: 60_000 };
const BYTES = Uint8Array.from({ length: 6_000_000 }, (_, i) => (i * 7) % 251);
const open = (server: TestServer, options: HttpOptions = {}) =>
  httpSource(`${server.origin}/a`, { allowPrivate: true, backoff: 1, ...options });

const fails = (code: ErrorCode, message: RegExp, hint = /(?:)/) => (error: unknown) =>
  isStateDictError(error) && error.code === code && message.test(error.message) &&
    hint.test(error.hint ?? "") || assert.fail(String(error));

/** Faults of the requests after the first two, by their number. */
function later(server: TestServer, fault: NonNullable<TestServer["fault"]>): void {
  server.fault = (reply, request, response, count) =>
    count > 2 ? fault(reply, request, response, count - 2) : undefined;
}

test("retryAfter() reads seconds and dates", () => {
  const now = Date.parse("2015-10-21T07:28:00Z");
  assert.equal(retryAfter("120", now), 120_000);
  assert.equal(retryAfter("Wed, 21 Oct 2015 07:28:05 GMT", now), 5000);
  assert.equal(retryAfter("Wed, 21 Oct 2015 07:27:00 GMT", now), 0);
  assert.equal(retryAfter("soon", now), undefined);
  assert.equal(retryAfter(null, now), undefined);
});

test("a busy server is asked again, when it says or soon", slow, async () => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    await using server = await serve({ "/a": BYTES });
    later(server, (reply, _, __, count) => {
      if (count > 2) return;
      Object.assign(reply, { status, headers: { "retry-after": "0" }, body: new Uint8Array(0) });
    });
    const source = await open(server);
    assert.deepEqual(await readBytes(source, 1_000_000, 5), BYTES.slice(1_000_000, 1_000_005));
    assert.equal(server.requests.length, 5);
  }
});

test("a server's wait is kept to, within limits", slow, async () => {
  await using server = await serve({ "/a": BYTES });
  const source = await open(server);
  const busy = (wait: string) => (reply: { status: number; headers: object; body: Uint8Array }) => {
    const headers = { "retry-after": wait };
    Object.assign(reply, { status: 503, headers, body: new Uint8Array(0) });
  };
  server.fault = (reply, _, __, count) => count === 3 ? busy("1")(reply) : undefined;
  const start = performance.now();
  await readBytes(source, 1_000_000, 5);
  assert.ok(performance.now() - start > 990);
  server.fault = busy("3600");
  server.reset();
  await assert.rejects(
    readBytes(source, 3_000_000, 5),
    fails("network", /busy \(status 503\)/, /3600 seconds/),
  );
  assert.equal(server.requests.length, 1);
});

test("a server that stays busy is an error after four tries", async () => {
  await using server = await serve({ "/a": BYTES });
  const source = await open(server);
  server.fault = (reply) => {
    Object.assign(reply, { status: 503, headers: {}, body: new Uint8Array(0) });
  };
  await assert.rejects(readBytes(source, 1_000_000, 5), fails("network", /status 503/));
  assert.equal(server.requests.length, 6);
});

test("an answer that is cut off goes on where it ended", async () => {
  await using server = await serve({ "/a": BYTES });
  later(server, (reply, seen, response, count) => {
    if (count > 2) return;
    response.writeHead(reply.status, reply.headers);
    response.write(reply.body.subarray(0, 300_000), () => setTimeout(() => response.destroy(), 20));
    seen.sent = 300_000;
    return true;
  });
  const source = await open(server);
  const bytes = await readBytes(source, 1_000_000, 2_000_000);
  assert.ok(Buffer.from(bytes).equals(BYTES.subarray(1_000_000, 3_000_000)));
  const starts = server.requests.slice(2).map(({ range }) => Number(/\d+/.exec(range!)![0]));
  assert.equal(starts.length, 3);
  assert.equal(starts[0], 995_904);
  assert.ok(starts[1]! > starts[0]! && starts[1]! <= starts[0]! + 300_000);
  assert.ok(starts[2]! > starts[1]! && starts[2]! <= starts[1]! + 300_000);
});

test("an answer that is always cut off is an error", async () => {
  await using server = await serve({ "/a": BYTES });
  later(server, (reply, _, response) => {
    response.writeHead(reply.status, reply.headers);
    response.write(reply.body.subarray(0, 10), () => setTimeout(() => response.destroy(), 5));
    return true;
  });
  const source = await open(server);
  await assert.rejects(readBytes(source, 1_000_000, 5), fails("network", /cut off: \d+ of \d+/));
  assert.equal(server.requests.length, 6);
});

test("tries that get on don't count: a bad line is enough for a large file", async () => {
  await using server = await serve({ "/a": BYTES });
  later(server, (reply, _, response) => {
    if (reply.body.length <= 1_100_000) return;
    response.writeHead(reply.status, reply.headers);
    response.write(reply.body.subarray(0, 1_100_000));
    setTimeout(() => response.destroy(), 50);
    return true;
  });
  const source = await open(server, { tries: 2 });
  const bytes = await readBytes(source, 100_000, 5_800_000);
  assert.ok(Buffer.from(bytes).equals(BYTES.subarray(100_000, 5_900_000)));
});

test("a download of the whole file that is cut off begins anew", async () => {
  await using server = await serve({ "/a": BYTES });
  server.fault = (reply, { range }, response, count) => {
    if (range?.startsWith("bytes=-")) return;
    Object.assign(reply, { status: 200, body: BYTES });
    reply.headers = { "content-length": `${BYTES.length}` };
    if (count > 2) return;
    response.writeHead(200, reply.headers);
    response.write(BYTES.subarray(0, 500_000));
    setTimeout(() => response.destroy(), 50);
    return true;
  };
  const bytes = await readBytes(await open(server), 0, BYTES.length);
  assert.ok(Buffer.from(bytes).equals(BYTES));
});

test("a server that falls silent is an error after its time", slow, async () => {
  await using server = await serve({ "/a": BYTES });
  const source = await open(server, { timeout: 100, tries: 2 });
  server.fault = () => true; // no answer at all
  await assert.rejects(readBytes(source, 1_000_000, 5), fails("network", /sent nothing for 0.1 s/));
  server.fault = (reply, _, response) => {
    response.writeHead(reply.status, reply.headers);
    response.write(reply.body.subarray(0, 10));
    return true;
  };
  await assert.rejects(readBytes(source, 3_000_000, 5), fails("network", /sent nothing for 0.1 s/));
});

test("a slow server that keeps sending is waited for", slow, async () => {
  await using server = await serve({ "/a": BYTES });
  const source = await open(server, { timeout: 1000 });
  server.fault = (reply, _, response) => {
    response.writeHead(reply.status, reply.headers);
    let at = 0;
    const timer = setInterval(() => {
      if (at >= reply.body.length) {
        clearInterval(timer);
        response.end();
      } else response.write(reply.body.subarray(at, at += 10_000));
    }, 200);
    return true;
  };
  assert.deepEqual(await readBytes(source, 1_000_000, 5), BYTES.slice(1_000_000, 1_000_005));
});

test("the caller stops opening, reading and waiting", slow, async () => {
  await using server = await serve({ "/a": BYTES });
  const soon = () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    return stop.signal;
  };
  const aborted = fails("aborted", /caller stopped/);
  const source = await open(server);
  server.fault = () => true;
  await assert.rejects(open(server, { signal: soon() }), aborted);
  await assert.rejects(readBytes(source, 1_000_000, 5, soon()), aborted);
  await assert.rejects(readBytes(source, 1_000_000, 5, AbortSignal.abort()), aborted);
  server.fault = (reply) => {
    Object.assign(reply, {
      status: 503,
      headers: { "retry-after": "20" },
      body: new Uint8Array(0),
    });
  };
  await assert.rejects(readBytes(source, 2_000_000, 5, soon()), aborted);
});
