/**
 * A server on this machine that counts what it is asked for and what it gives, and misbehaves on
 * demand.
 *
 * @module
 */

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Bytes of a file that the server gives: all of them, or made for each range. */
export type Body = Uint8Array | {
  readonly size: number;
  bytes(start: number, end: number): Uint8Array;
};

/** A request as it came. */
export interface SeenRequest {
  readonly url: string;
  readonly range: string | undefined;
  readonly headers: IncomingMessage["headers"];
  /** Bytes of the answer's body that were handed over to be sent. */
  sent: number;
}

/** What an answer is made of; a fault changes it, or answers by itself. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Makes a server misbehave: changes the reply, or returns true if it has answered already. */
export type Fault = (
  reply: Reply,
  request: SeenRequest,
  response: ServerResponse,
  count: number,
) => boolean | void;

/** A running server. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** What came, in order. */
  readonly requests: SeenRequest[];
  /** Bytes sent in all. */
  readonly sent: number;
  /** The files, by their paths; may be changed while it runs. */
  readonly files: Map<string, Body>;
  /** What goes wrong; nothing if undefined. */
  fault: Fault | undefined;
  /** The ETag of all files; none if undefined. */
  etag: string | undefined;
  /** Forgets the requests. */
  reset(): void;
}

/** Starts a server with these files. */
export async function serve(files: Record<string, Body>): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const seen: SeenRequest = {
      url: incoming.url!,
      range: incoming.headers.range,
      headers: incoming.headers,
      sent: 0,
    };
    requests.push(seen);
    const reply = replyTo(test.files.get(incoming.url!.split("?")[0]!), seen, test.etag);
    if (test.fault?.(reply, seen, response, requests.length)) return;
    seen.sent = reply.body.length;
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const test: TestServer = {
    origin: `http://${host}`,
    host,
    requests,
    get sent() {
      return requests.reduce((sum, { sent }) => sum + sent, 0);
    },
    files: new Map(Object.entries(files)),
    fault: undefined,
    etag: '"v1"',
    reset: () => requests.splice(0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return test;
}

/** What a well-behaved server answers (RFC 9110, section 14). */
function replyTo(file: Body | undefined, seen: SeenRequest, etag: string | undefined): Reply {
  if (!file) return { status: 404, headers: {}, body: new Uint8Array(0) };
  const size = file instanceof Uint8Array ? file.length : file.size;
  const take = (start: number, end: number) =>
    file instanceof Uint8Array ? file.subarray(start, end) : file.bytes(start, end);
  const headers: Record<string, string> = { "accept-ranges": "bytes", ...(etag ? { etag } : {}) };
  const condition = seen.headers["if-range"];
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(seen.range ?? "") ?? [];
  if (from + to === "" || (condition !== undefined && condition !== etag)) {
    const body = take(0, size);
    return { status: 200, headers: { ...headers, "content-length": `${size}` }, body };
  }
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size : Math.min(size, Number(to) + 1);
  if (start >= end) {
    const range = { "content-range": `bytes */${size}` };
    return { status: 416, headers: { ...headers, ...range }, body: new Uint8Array(0) };
  }
  const body = take(start, end);
  return {
    status: 206,
    headers: {
      ...headers,
      "content-range": `bytes ${start}-${end - 1}/${size}`,
      "content-length": `${body.length}`,
    },
    body,
  };
}
