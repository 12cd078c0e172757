/**
 * A headless Chromium steered over its DevTools socket, without a package.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** How long a browser may take to end, in milliseconds. */
const PATIENCE = 5_000;

let found: string | null | undefined;

/** The browser's program: STATEDICT_BROWSER or the first Chromium on the path that answers. */
export function findBrowser(): string | undefined {
  if (found === undefined) {
    const wanted = process.env.STATEDICT_BROWSER;
    const names = wanted ? [wanted] : NAMES;
    found = names.find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;
  }
  return found ?? undefined;
}

/** The reason that a test in a browser gives for being skipped, or false. */
export function withoutBrowser(): string | false {
  return findBrowser() ? false : "no Chromium is installed (STATEDICT_BROWSER)";
}

/** A page, and everything that went wrong in it. */
export interface Page {
  /** Uncaught errors, failed requests and what the page itself reports as an error. */
  readonly errors: string[];
  /** The value of an expression in the page, after its promise if it is one. */
  evaluate(expression: string): Promise<unknown>;
  /** Puts files of this machine into the file input that the selector finds. */
  chooseFiles(selector: string, paths: readonly string[]): Promise<void>;
  /** Ends the browser and removes what it left. */
  close(): Promise<void>;
}

/** An answer or an event of the DevTools protocol, as far as this client reads it. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly error?: { readonly message: string };
  // deno-lint-ignore no-explicit-any -- what a method answers is in the protocol's own description
  readonly result?: any;
  // deno-lint-ignore no-explicit-any -- the same for events
  readonly params?: any;
}

/** Starts a browser and opens `url` in it. */
export async function openPage(url: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), "statedict-browser-"));
  const child = spawn(findBrowser()!, [
    "--headless=new",
    "--disable-gpu",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    // The pages are the tests' own, and Chromium refuses its sandbox to root, who runs most containers.
    "--no-sandbox",
    "about:blank",
  ], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const errors: string[] = [];
  const socket = new WebSocket(await socketAddress(child));
  let quit = (): Promise<unknown> => Promise.resolve(child.kill("SIGKILL"));
  const close = async (): Promise<void> => {
    // Asked nicely, it ends its own children; the clock is for one that hangs.
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await Promise.race([quit(), ended]);
    await ended;
    clearTimeout(timer);
    socket.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  try {
    const session = await attach(socket, errors);
    quit = () => session.send("Browser.close");
    await session.send("Page.navigate", { url });
    await session.loaded;
    return {
      errors,
      close,
      evaluate: (expression) => evaluate(session, expression),
      chooseFiles: (selector, files) => chooseFiles(session, selector, files),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Session {
  send(method: string, params?: object): Promise<Message["result"]>;
  readonly loaded: Promise<void>;
}

/** The address that Chromium prints when its socket is open. */
function socketAddress(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  child.stderr!.on("data", (chunk: Uint8Array) => {
    text += new TextDecoder().decode(chunk);
    const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (address) resolve(address);
  });
  child.once("error", reject);
  child.once("close", () => reject(new Error(`Chromium ended at once: ${text.slice(-500)}`)));
  return promise;
}

/** Opens a page of its own and listens to it. */
async function attach(socket: WebSocket, errors: string[]): Promise<Session> {
  const waiting = new Map<number, (message: Message) => void>();
  const loaded = Promise.withResolvers<void>();
  const session: { id?: string } = {};
  let last = 0;
  socket.onmessage = (event) => {
    const message = JSON.parse(String(event.data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    else if (message.method === "Page.loadEventFired") loaded.resolve();
    else note(message, errors);
  };
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("Chromium's socket can't be opened"));
  });
  const send = async (method: string, params: object = {}): Promise<Message["result"]> => {
    const id = ++last;
    const answer = await new Promise<Message>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params, sessionId: session.id }));
    });
    waiting.delete(id);
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  };
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  session.id = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Page", "Runtime", "Log", "DOM"]) await send(`${domain}.enable`);
  return { send, loaded: loaded.promise };
}

/** Keeps what an event says of something that went wrong. */
function note({ method, params }: Message, errors: string[]): void {
  if (method === "Runtime.exceptionThrown") {
    const { exceptionDetails: details } = params;
    errors.push(details.exception?.description ?? details.text);
  } else if (method === "Log.entryAdded" && params.entry.level === "error") {
    errors.push(`${params.entry.text} ${params.entry.url ?? ""}`.trim());
  } else if (method === "Runtime.consoleAPICalled" && params.type === "error") {
    errors.push(params.args.map((arg: { value?: unknown }) => String(arg.value)).join(" "));
  }
}

async function evaluate(session: Session, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) {
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }
  return result.value;
}

async function chooseFiles(
  session: Session,
  selector: string,
  files: readonly string[],
): Promise<void> {
  const { root } = await session.send("DOM.getDocument");
  const { nodeId } = await session.send("DOM.querySelector", { nodeId: root.nodeId, selector });
  await session.send("DOM.setFileInputFiles", { nodeId, files });
}
