/**
 * What a command is given to speak with: data to standard output in as few writes as can be, words
 * for people to standard error.
 *
 * @module
 */

import type { PickleLimits } from "../pickle/limits.ts";
import { wantsColor } from "./paint.ts";
import { NO_TERMINAL_COLUMNS } from "./term.ts";
import type { Stream, Terminal } from "./term.ts";

/** The outputs of a command. */
export interface Io {
  /** Data. Text is held back until there is much of it or the command ends. */
  stdout(data: string | Uint8Array): void;
  /** Words that a person must see. */
  stderr(text: string): void;
  /** Words that a person may do without: nothing with `--quiet`. */
  note(text: string): void;
  /** Writes out what is held back. */
  flush(): void;
  /** Whether a person sees the stream. */
  isTerminal(stream: Stream): boolean;
  /** Width of the terminal, 100 where there is none. */
  readonly columns: number;
  /** Whether to colour what goes to the stream. */
  color(stream: Stream): boolean;
  /** Whether progress and notes are unwanted. */
  readonly quiet: boolean;
  /** Whether errors come with their stack. */
  readonly debug: boolean;
  /** Limits of reading that the user sets. */
  readonly limits: Partial<PickleLimits>;
  /**
   * Runs `cleanup` if the user interrupts, then ends the program. For commands that write: without
   * it a half-written file would stay. The function returned takes it back.
   */
  onInterrupt(cleanup: () => void | Promise<void>): () => void;
}

/** What the global options say. May change while the command line is being read. */
export interface IoSettings {
  /** `--quiet`. */
  quiet: boolean;
  /** `--debug`. */
  debug: boolean;
  /** `--limit`. */
  limits?: Partial<PickleLimits>;
  /** `--color`, `--no-color`; undefined where neither is given. */
  color: boolean | undefined;
}

/** Text held back at most, in UTF-16 units: a listing is one write, a huge one takes no memory. */
const HELD = 1 << 20;

/** The outputs of a command on a terminal. */
export function makeIo(terminal: Terminal, settings: IoSettings): Io {
  const encoder = new TextEncoder();
  let held: string[] = [];
  let heldLength = 0;
  const io: Io = {
    stdout(data) {
      if (typeof data !== "string") {
        io.flush();
        terminal.write("stdout", data);
        return;
      }
      held.push(data);
      heldLength += data.length;
      if (heldLength >= HELD) io.flush();
    },
    stderr(text) {
      io.flush(); // so that a terminal shows both in their order
      terminal.write("stderr", encoder.encode(text));
    },
    note(text) {
      if (!io.quiet) io.stderr(text);
    },
    flush() {
      if (heldLength === 0) return;
      const text = held.join("");
      held = [];
      heldLength = 0;
      terminal.write("stdout", encoder.encode(text));
    },
    isTerminal: terminal.isTerminal,
    get columns() {
      return terminal.columns() || NO_TERMINAL_COLUMNS;
    },
    color: (stream) => wantsColor(terminal, stream, settings.color),
    get quiet() {
      return settings.quiet;
    },
    get debug() {
      return settings.debug;
    },
    get limits() {
      return settings.limits ?? {};
    },
    onInterrupt: (cleanup) => interruptible(terminal, cleanup),
  };
  return io;
}

function interruptible(terminal: Terminal, cleanup: () => void | Promise<void>): () => void {
  let begun = false;
  return terminal.onSignal((status) => {
    // A second interrupt says that the cleanup takes too long.
    if (begun) terminal.exit(status);
    begun = true;
    Promise.resolve().then(cleanup)
      .catch((error) => complain(terminal, error))
      .finally(() => terminal.exit(status));
  });
}

async function complain(terminal: Terminal, error: unknown): Promise<void> {
  const { errorLine } = await import("./errors.ts");
  terminal.write("stderr", new TextEncoder().encode(`${errorLine(error)}\n`));
}
