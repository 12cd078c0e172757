/**
 * Runs the command as a person would, in the runtime that runs the test.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { inRepo } from "./corpus.ts";

/** What a run of the command gave. */
export interface CliResult {
  /** The exit status; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came. */
  readonly bytes: Uint8Array;
}

/** How to run the command. */
export interface CliOptions {
  /** What it reads from standard input; without it the input is empty. */
  readonly stdin?: string | Uint8Array;
  /** Where it runs. */
  readonly cwd?: string;
  /** Changes to the environment; undefined takes a variable away. */
  readonly env?: Record<string, string | undefined>;
  /** What Deno allows it, in place of reading and writing. */
  readonly permissions?: readonly string[];
  /** When to give up, in milliseconds. */
  readonly timeout?: number;
  /** Told of the process as soon as it runs. */
  readonly started?: (pid: number) => void;
}

/** Long enough for a cold start on a busy machine, and shorter than the tests' own limit of a minute. */
const TIMEOUT = 45_000;

/** The program and the arguments before those of the command, for each runtime. */
function launcher(permissions: readonly string[]): string[] {
  const cli = inRepo("cli.ts");
  const inDeno = "Deno" in globalThis;
  return inDeno ? [process.execPath, "run", ...permissions, cli] : [process.execPath, cli];
}

/** The program and the words that run `statedict ARGS…`, for tests that do more than wait for it. */
export function launchCli(args: readonly string[]): [program: string, words: string[]] {
  const [program, ...before] = launcher(["-R", "-W"]);
  return [program!, [...before, ...args]];
}

/** Runs `statedict ARGS…` and waits for its end; rejects if it doesn't end in time. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const [program, ...before] = launcher(options.permissions ?? ["-R", "-W"]);
  return runProgram(program!, [...before, ...args], options);
}

/** The same for any program. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CliResult>();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  if (child.pid !== undefined) options.started?.(child.pid);
  const limit = options.timeout ?? TIMEOUT;
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    reject(new Error(`${[program, ...args].join(" ")} didn't end in ${limit} ms`));
  }, limit);
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  child.stdout.on("data", (chunk: Uint8Array) => out.push(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => err.push(chunk));
  // A program that refuses its arguments may be gone before it has read anything.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  child.on("error", (error: Error) => {
    clearTimeout(timer);
    reject(error);
  });
  child.on("close", (code: number | null) => {
    clearTimeout(timer);
    const bytes = joined(out);
    const text = new TextDecoder();
    resolve({ code, stdout: text.decode(bytes), stderr: text.decode(joined(err)), bytes });
  });
  return promise;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
