import assert from "node:assert/strict";
import { test } from "node:test";
import { isStateDictError } from "../../../src/errors.ts";
import { checkNamed, checkRedirect } from "../../../src/io/http/address.ts";
import { besideAddress, parseAddress } from "../../../src/io/http/names.ts";
import { httpSource } from "../../../src/io/http/source.ts";
import { readBytes } from "../../../src/io/source.ts";
import { serve } from "../../support/http_server.ts";

const BYTES = Uint8Array.from({ length: 500_000 }, (_, i) => i % 251);

const refused = (message: RegExp) => (error: unknown) =>
  isStateDictError(error) && error.code === "refused" && message.test(error.message) ||
  assert.fail(String(error));

test("an address must be https:, without a password, and not private, unless allowed", () => {
  const check = (text: string, rules = {}) => checkNamed(new URL(text), rules);
  check("https://example.com/a.pt");
  assert.throws(() => check("http://example.com/a.pt"), refused(/not encrypted/));
  check("http://example.com/a.pt", { allowHttp: true });
  assert.throws(() => check("https://10.0.0.1/a.pt"), refused(/private network/));
  assert.throws(() => check("http://localhost/a", { allowHttp: true }), refused(/this machine/));
  check("http://localhost/a.pt", { allowPrivate: true });
  for (const text of ["ftp://example.com/a", "file:///etc/passwd", "data:text/plain,a"]) {
    const everything = { allowPrivate: true, allowHttp: true };
    assert.throws(() => check(text, everything), refused(/is not read/));
  }
  assert.throws(() => check("https://me:secret@example.com/a.pt"), (error: Error) => {
    assert.ok(!JSON.stringify({ ...error }).includes("secret"));
    return refused(/password/)(error);
  });
});

test("a redirect leads neither away from https nor into a private network", () => {
  const check = (named: string, to: string) => {
    const url = new URL(named);
    checkRedirect({ url, named: url }, new URL(to, url));
  };
  check("https://example.com/a", "https://cdn.example/b");
  check("https://example.com/a", "/b");
  check("http://example.com/a", "https://example.com/a");
  check("http://127.0.0.1:1/a", "http://127.0.0.1:2/a");
  assert.throws(() => check("https://example.com/a", "http://example.com/a"), refused(/to http/));
  for (
    const to of [
      "https://127.0.0.1/a",
      "https://[::1]/",
      "https://169.254.169.254/latest/meta-data",
    ]
  ) {
    assert.throws(() => check("https://example.com/a", to), refused(/private network/));
    assert.throws(() => check("http://localhost/a", to), refused(/private network/));
  }
  for (const to of ["file:///etc/passwd", "data:text/plain,a", "ftp://example.com/"]) {
    assert.throws(() => check("https://example.com/a", to), refused(/is not read/));
  }
  assert.throws(() => check("https://example.com/a", "https://a:b@example.com/"), refused(/passw/));
});

test("redirects are followed, and the last address is asked from then on", async () => {
  await using cdn = await serve({ "/signed": BYTES });
  await using hub = await serve({ "/moved": BYTES, "/a": BYTES });
  hub.fault = (reply, { url }) => {
    const location = url === "/a" ? "/moved" : `${cdn.origin}/signed?key=1`;
    Object.assign(reply, { status: 302, headers: { location }, body: new Uint8Array(9) });
  };
  const options = { allowPrivate: true, headers: { Authorization: "Bearer secret" } };
  const source = await httpSource(`${hub.origin}/a`, options);
  assert.deepEqual(await readBytes(source, 200_000, 9), BYTES.slice(200_000, 200_009));
  assert.equal(source.name, `${hub.origin}/a`);
  assert.equal(hub.requests.length, 4);
  assert.equal(cdn.requests.length, 3);
  // What was given for the hub stays there.
  for (const { headers } of hub.requests) assert.equal(headers.authorization, "Bearer secret");
  for (const { headers } of cdn.requests) assert.equal(headers.authorization, undefined);
});

test("an address that has expired is asked for anew", async () => {
  await using cdn = await serve({ "/1": BYTES, "/2": BYTES });
  await using hub = await serve({});
  let key = 1;
  hub.fault = (reply) => {
    const location = `${cdn.origin}/${key}`;
    Object.assign(reply, { status: 302, headers: { location }, body: new Uint8Array(0) });
  };
  const source = await httpSource(`${hub.origin}/a`, { allowPrivate: true, backoff: 1 });
  cdn.files.delete("/1");
  key = 2;
  assert.deepEqual(await readBytes(source, 200_000, 9), BYTES.slice(200_000, 200_009));
  cdn.files.delete("/2");
  await assert.rejects(readBytes(source, 350_000, 9), { code: "not-found" });
});

test("redirects that lead on and on, nowhere, or astray are refused", async () => {
  await using server = await serve({});
  const cases: [string | undefined, RegExp, string][] = [
    ["/again", /more than 5 times/, "refused"],
    [undefined, /without saying where/, "network"],
    ["http://[", /without saying where/, "network"],
    ["http://localhost:1/", /private network/, "refused"],
    ["http://169.254.169.254/latest/meta-data", /private network/, "refused"],
    ["file:///etc/passwd", /file: is not read/, "refused"],
  ];
  for (const [location, message, code] of cases) {
    server.reset();
    server.fault = (reply) => {
      const headers = location === undefined ? {} : { location };
      Object.assign(reply, { status: 307, headers, body: new Uint8Array(0) });
    };
    const opening = httpSource(`${server.origin}/a`, { allowPrivate: true });
    await assert.rejects(opening, (error: Error & { code: string }) => {
      assert.equal(error.code, code);
      return message.test(error.message);
    });
  }
});

test("where redirects can't be seen, as in a browser, the end of the way is checked", async () => {
  await using server = await serve({ "/b": BYTES });
  server.fault = (reply, { url }) => {
    if (url !== "/a") return;
    Object.assign(reply, { status: 302, headers: { location: "/b" }, body: new Uint8Array(0) });
  };
  const { fetch } = globalThis;
  // What the Fetch standard has a browser give for a redirect that isn't followed.
  globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.redirect !== "manual" || response.status !== 302) return response;
    await response.body?.cancel();
    return { type: "opaqueredirect", status: 0, headers: new Headers(), body: null } as Response;
  };
  try {
    const source = await httpSource(`${server.origin}/a`, { allowPrivate: true });
    assert.deepEqual(await readBytes(source, 200_000, 9), BYTES.slice(200_000, 200_009));
    assert.equal(server.requests.at(-1)!.url, "/b");
    const away = { url: `http://localhost:1/`, status: 206 } as Response;
    const real = globalThis.fetch;
    globalThis.fetch = (input, init) =>
      init?.redirect === "follow" ? Promise.resolve(away) : real(input, init);
    await assert.rejects(
      httpSource(`${server.origin}/a`, { allowPrivate: true }),
      refused(/localhost:1, a host of a private network/),
    );
  } finally {
    globalThis.fetch = fetch;
  }
});

test("a file beside another has its address, what follows the ? and all", () => {
  const beside = (text: string, name: string) => {
    const { url, name: shown } = besideAddress(parseAddress(text, {}), name);
    return [url.href, shown];
  };
  assert.deepEqual(beside("https://example.com/m/a.index.json?key=1#x", "b c?.safetensors"), [
    "https://example.com/m/b%20c%3F.safetensors?key=1",
    "https://example.com/m/b c?.safetensors",
  ]);
});
