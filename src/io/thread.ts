/**
 * A second thread, in Deno, Bun and Node.
 *
 * @module
 */

import { loadBuiltin } from "./builtin.ts";

/** A thread that runs a module. */
export interface Thread {
  /** Sends it something that can be cloned. */
  post(message: unknown): void;
  /** Stops it, whatever it does. */
  end(): void;
}

/** What is told of a thread. */
export interface ThreadEvents {
  /** It sent something. */
  readonly message: (data: unknown) => void;
  /** It can't go on. */
  readonly failed: () => void;
}

interface NodeThread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  on(event: string, listener: (data: unknown) => void): void;
}

interface NodeThreads {
  readonly Worker: new (module: URL) => NodeThread;
  readonly parentPort: {
    postMessage(message: unknown): void;
    once(event: string, listener: (data: unknown) => void): void;
  } | null;
}

/** Starts a module in a thread of its own; undefined where there are none, or none is allowed. */
export async function startThread(
  module: URL,
  { message, failed }: ThreadEvents,
): Promise<Thread | undefined> {
  const { Worker: WebWorker, Deno: deno } = globalThis as {
    Worker?: typeof Worker;
    Deno?: typeof Deno;
  };
  // Where the program may not read its own files Deno would ask whoever sits at the terminal.
  if (deno && deno.permissions.querySync({ name: "read", path: module }).state !== "granted") {
    return undefined;
  }
  if (WebWorker) {
    const worker = new WebWorker(module, { type: "module" });
    worker.onmessage = ({ data }) => message(data);
    worker.onerror = (event) => {
      event.preventDefault();
      failed();
    };
    return { post: (data) => worker.postMessage(data), end: () => worker.terminate() };
  }
  const threads = await loadBuiltin<NodeThreads>("node:worker_threads");
  if (!threads) return undefined;
  const worker = new threads.Worker(module);
  worker.on("message", message);
  worker.on("error", failed);
  return { post: (data) => worker.postMessage(data), end: () => void worker.terminate() };
}

/** In a thread: takes the first message, and gives what sends one back. */
export async function firstMessage(): Promise<[data: unknown, reply: (data: unknown) => void]> {
  const node = "Deno" in globalThis || "Bun" in globalThis
    ? undefined
    : (await loadBuiltin<NodeThreads>("node:worker_threads"))?.parentPort;
  return await new Promise((resolve) => {
    if (node) node.once("message", (data) => resolve([data, (reply) => node.postMessage(reply)]));
    else self.onmessage = ({ data }) => resolve([data, (reply) => self.postMessage(reply)]);
  });
}
