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

interface BunOutput {
  readonly stdout: { stat(): Promise<{ isCharacterDevice(): boolean; readonly rdev: number }> };
  file(path: string): BunOutput["stdout"];
  write(target: BunOutput["stdout"], text: string): Promise<number>;
}

interface NodeGlobal {
  readonly process: {
    exit(status: number): never;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
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
  return denoOutput() ?? await bunOutput() ?? await terminalOutput();
}

function denoOutput(): GlanceOutput | undefined {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  if (!deno || deno.stdout.isTerminal() || deno.env.get("FORCE_COLOR")) return undefined;
  return {
    look: {},
    // deno-lint-ignore require-await -- an error must reject, not throw
    async write(text) {
      const bytes = new TextEncoder().encode(text);
      try {
        for (let done = 0; done < bytes.length;) {
          done += deno.stdout.writeSync(bytes.subarray(done));
        }
      } catch (error) {
        if (!(error instanceof deno.errors.BrokenPipe)) throw error;
      }
    },
  };
}

async function bunOutput(): Promise<GlanceOutput | undefined> {
  const { Bun } = globalThis as { Bun?: BunOutput };
  if (!Bun || (globalThis as unknown as NodeGlobal).process.env.FORCE_COLOR) return undefined;
  const { stdout } = Bun;
  const stream = await stdout.stat();
  if (stream.isCharacterDevice() && stream.rdev !== (await Bun.file("/dev/null").stat()).rdev) {
    return undefined; // a terminal, most likely
  }
  return { look: {}, write: (text) => Bun.write(stdout, text).then(() => {}, ignoreClosed) };
}

function ignoreClosed(error: { readonly code?: string }): void {
  if (error.code !== "EPIPE") throw error;
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
