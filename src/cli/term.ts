/**
 * The edge to the runtime: the words of the command line, the two output streams and what is known
 * of the terminal behind them. Under Deno nothing here needs a permission or loads `node:`.
 *
 * @module
 */

import { mayBeTerminal, waitForReader } from "./glance_output.ts";
import type { StreamFs } from "./glance_output.ts";

/** One of the two output streams. */
export type Stream = "stdout" | "stderr";

/** What the program needs of its surroundings; tests give their own. */
export interface Terminal {
  /** The words after the program's name. */
  readonly args: readonly string[];
  /** Writes all of it before it returns; throws {@linkcode OutputClosed} if nobody reads any more. */
  write(stream: Stream, bytes: Uint8Array): void;
  /** Whether a person sees the stream. */
  isTerminal(stream: Stream): boolean;
  /** Width of the terminal; undefined where there is none. */
  columns(): number | undefined;
  /** One of the two variables that may be read everywhere without asking. */
  env(name: "NO_COLOR" | "FORCE_COLOR"): string | undefined;
  /** Calls back with the exit status due when the user or the system ends the program. */
  onSignal(handler: (status: number) => void): () => void;
  /** Ends the program. */
  exit(status: number): never;
  /** Runtime, its version and the platform. */
  describe(): string;
}

/** Columns where no terminal tells how many it has. */
export const NO_TERMINAL_COLUMNS = 100;

/** The reader of an output stream went away, as `head` does: nothing is wrong. */
export class OutputClosed extends Error {
  /** Which stream. */
  readonly stream: Stream;
  /** Marks the stream as closed. */
  constructor(stream: Stream) {
    super(`${stream} is closed`);
    this.name = "OutputClosed";
    this.stream = stream;
  }
}

/** Signals that end a program, with the exit status shells expect: 128 and the signal's number. */
const SIGNALS = [["SIGINT", 130], ["SIGTERM", 143]] as const;

/** The terminal of the runtime that we are in. */
export function openTerminal(): Terminal {
  return typeof Deno === "undefined" ? nodeTerminal() : denoTerminal();
}

function denoTerminal(): Terminal {
  return {
    args: Deno.args,
    write: (stream, bytes) => writeAll(stream, bytes, (part) => Deno[stream].writeSync(part)),
    isTerminal: (stream) => Deno[stream].isTerminal(),
    columns() {
      try {
        return Deno.consoleSize().columns;
      } catch {
        return undefined; // no terminal at all
      }
    },
    env(name) {
      try {
        return Deno.env.get(name);
      } catch {
        return undefined; // a Deno in which even this needs a permission
      }
    },
    onSignal(handler) {
      const undo: (() => void)[] = [];
      for (const [signal, status] of SIGNALS) {
        const listener = () => handler(status);
        try {
          Deno.addSignalListener(signal, listener);
        } catch {
          continue; // Windows has no SIGTERM to listen to
        }
        undo.push(() => Deno.removeSignalListener(signal, listener));
      }
      return () => undo.forEach((remove) => remove());
    },
    exit: (status) => Deno.exit(status),
    describe: () => `deno ${Deno.version.deno}, ${Deno.build.os} ${Deno.build.arch}`,
  };
}

/** What we use of `process`. Node and Bun share it; neither has types here. */
interface NodeProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly arch: string;
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly columns?: number };
  readonly stderr: { readonly columns?: number };
  on(signal: string, listener: () => void): void;
  off(signal: string, listener: () => void): void;
  exit(status: number): never;
  getBuiltinModule(name: "node:fs"): StreamFs;
  getBuiltinModule(name: "node:tty"): { isatty(fd: number): boolean };
}

function nodeTerminal(): Terminal {
  const { process } = globalThis as unknown as { process: NodeProcess };
  const fd = { stdout: 1, stderr: 2 } as const;
  // Not process.stdout: it would make a pipe non-blocking, and costs Node 20 some milliseconds.
  const isTerminal = (stream: Stream) =>
    mayBeTerminal(process.getBuiltinModule("node:fs"), fd[stream]) &&
    process.getBuiltinModule("node:tty").isatty(fd[stream]);
  return {
    args: process.argv.slice(2),
    write(stream, bytes) {
      const { writeSync } = process.getBuiltinModule("node:fs");
      writeAll(stream, bytes, (part) => writeSync(fd[stream], part));
    },
    isTerminal,
    columns() {
      if (isTerminal("stdout")) return process.stdout.columns;
      return isTerminal("stderr") ? process.stderr.columns : undefined;
    },
    env: (name) => process.env[name],
    onSignal(handler) {
      const listeners = SIGNALS.map(([signal, status]) => [signal, () => handler(status)] as const);
      for (const [signal, listener] of listeners) process.on(signal, listener);
      return () => listeners.forEach(([signal, listener]) => process.off(signal, listener));
    },
    exit: (status) => process.exit(status),
    describe() {
      const { bun, node } = process.versions;
      return `${bun ? `bun ${bun}` : `node ${node}`}, ${process.platform} ${process.arch}`;
    },
  };
}

function writeAll(stream: Stream, bytes: Uint8Array, write: (part: Uint8Array) => number): void {
  for (let done = 0; done < bytes.length;) {
    try {
      done += write(bytes.subarray(done));
    } catch (error) {
      const { code, name } = error as { code?: string; name?: string };
      if (code === "EPIPE" || name === "BrokenPipe") throw new OutputClosed(stream);
      // Deno's WouldBlock can't be waited for: bytes are written then, or in a buffer of Deno's own.
      if (code !== "EAGAIN" || name === "WouldBlock") throw error;
      waitForReader();
    }
  }
}
