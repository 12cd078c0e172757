/**
 * Standard output for one text, by whatever of the runtime loads quickest: what tells a terminal
 * and writes to it costs Bun 3 ms, a pipe or a file next to nothing.
 *
 * @module
 */

import type { TableOptions } from "./table.ts";

/** Where a text goes, and how it should look there. */
export interface GlanceOutput {
  /** Width and colour. */
  readonly look: TableOptions;
  /** Writes it all. Nothing is wrong if its reader has gone. */
  write(text: string): Promise<void>;
}

interface Status {
  readonly rdev: number;
  isCharacterDevice(): boolean;
  isFile(): boolean;
}

interface BunOutput {
  readonly stdout: {
    stat(): Promise<Status>;
    writer(): { write(text: string): unknown; end(): unknown };
  };
  file(path: string): BunOutput["stdout"];
  write(target: BunOutput["stdout"], text: string): Promise<number>;
}

/** What is used of `node:fs` for the output streams. */
export interface StreamFs {
  /** What a stream is. */
  fstatSync(fd: number): Status;
  /** What a path is. */
  statSync(path: string): Status;
  /** Writes some of the bytes. */
  writeSync(fd: number, bytes: Uint8Array): number;
}

interface NodeGlobal {
  readonly process: {
    exit(status: number): never;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    getBuiltinModule(name: "node:fs"): StreamFs;
  };
}

/** The words behind the program's name. */
export function commandWords(): readonly string[] {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  // In Deno the mere look at `process` takes longer than all of this command.
  return deno ? deno.args : (globalThis as unknown as NodeGlobal).process.argv.slice(2);
}

/** Ends the program at once: the runtimes take their time to find that nothing is left to do. */
export function endWell(): never {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  if (deno) deno.exit(0);
  return (globalThis as unknown as NodeGlobal).process.exit(0);
}

/** Says which permission Deno needs where it may read some paths, but not the program's own. */
export function explainUnreadable(error: unknown): never {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  const folder = new URL("..", import.meta.url);
  const may = deno?.permissions.querySync({ name: "read", path: folder }).state ?? "granted";
  if (may === "granted") throw error;
  const line = "statedict: Deno doesn't let the program read its own files — " +
    `name ${decodeURIComponent(folder.pathname)} in --allow-read too\n`;
  deno!.stderr.writeSync(new TextEncoder().encode(line));
  return deno!.exit(3);
}

/** Standard output. */
export async function openGlanceOutput(): Promise<GlanceOutput> {
  const { Bun, Deno: deno } = globalThis as { Bun?: BunOutput; Deno?: typeof Deno };
  const plain = deno ? denoOutput(deno) : Bun ? await bunOutput(Bun) : nodeOutput();
  return plain ?? await terminalOutput();
}

function denoOutput(deno: typeof Deno): GlanceOutput | undefined {
  if (deno.stdout.isTerminal() || deno.env.get("FORCE_COLOR")) return undefined;
  return plainOutput((bytes) => deno.stdout.writeSync(bytes));
}

function plainOutput(write: (bytes: Uint8Array) => number): GlanceOutput {
  return {
    look: {},
    // deno-lint-ignore require-await -- an error must reject, not throw
    async write(text) {
      const bytes = new TextEncoder().encode(text);
      try {
        for (let done = 0; done < bytes.length;) done += write(bytes.subarray(done));
      } catch (error) {
        ignoreClosed(error as Error);
      }
    },
  };
}

async function bunOutput(bun: BunOutput): Promise<GlanceOutput | undefined> {
  if ((globalThis as unknown as NodeGlobal).process.env.FORCE_COLOR) return undefined;
  const { stdout } = bun;
  const stream = await stdout.stat();
  if (stream.isCharacterDevice()) {
    // Where there is no such device it is another system's terminal.
    const nowhere = await bun.file("/dev/null").stat().catch(() => undefined);
    if (stream.rdev !== nowhere?.rdev) return undefined; // a terminal, most likely
  }
  // Bun.write doubles bytes where a pipe doesn't block, the writer misses errors of a full disk.
  const write = stream.isFile() || stream.isCharacterDevice()
    ? (text: string) => bun.write(stdout, text)
    : async (text: string) => {
      const writer = stdout.writer();
      writer.write(text);
      await writer.end();
    };
  return { look: {}, write: (text) => write(text).then(() => {}, ignoreClosed) };
}

function nodeOutput(): GlanceOutput | undefined {
  const { process } = globalThis as unknown as NodeGlobal;
  if (process.env.FORCE_COLOR) return undefined;
  const fs = process.getBuiltinModule("node:fs");
  if (mayBeTerminal(fs, 1)) return undefined;
  return plainOutput((bytes) => {
    try {
      return fs.writeSync(1, bytes);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      waitForReader();
      return 0;
    }
  });
}

/**
 * Whether a stream may be a terminal. `node:tty` knows, but brings the streams with it: 8 ms in
 * Bun, 3 in Node. Pipes, files and the null device are told apart without it.
 */
export function mayBeTerminal(fs: StreamFs, fd: number): boolean {
  try {
    const stream = fs.fstatSync(fd);
    return stream.isCharacterDevice() && stream.rdev !== fs.statSync("/dev/null").rdev;
  } catch {
    return true; // a system that names its devices otherwise
  }
}

/** Milliseconds to wait for a reader that is slower than we are. */
const PAUSE = 5;

/** Waits a little, where a stream doesn't block and is full. */
export function waitForReader(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}

function ignoreClosed(error: { readonly name?: string; readonly code?: string }): void {
  if (error.code !== "EPIPE" && error.name !== "BrokenPipe") throw error;
}

async function terminalOutput(): Promise<GlanceOutput> {
  const { NO_TERMINAL_COLUMNS, openTerminal, OutputClosed } = await import("./term.ts");
  const { painter, wantsColor } = await import("./paint.ts");
  const terminal = openTerminal();
  const width = terminal.isTerminal("stdout")
    ? terminal.columns() || NO_TERMINAL_COLUMNS
    : undefined;
  return {
    look: { width, paint: painter(wantsColor(terminal, "stdout", undefined)) },
    // deno-lint-ignore require-await -- an error must reject, not throw
    async write(text) {
      try {
        terminal.write("stdout", new TextEncoder().encode(text));
      } catch (error) {
        if (!(error instanceof OutputClosed)) throw error;
      }
    },
  };
}
