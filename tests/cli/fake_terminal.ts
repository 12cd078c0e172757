import { OutputClosed } from "../../src/cli/term.ts";
import type { Stream, Terminal } from "../../src/cli/term.ts";

/** What a {@linkcode fakeTerminal} pretends. */
export interface Pretence {
  /** Streams that a person sees. */
  readonly terminals?: readonly Stream[];
  /** Width. */
  readonly columns?: number;
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Streams whose reader is gone. */
  readonly closed?: readonly Stream[];
}

/** A terminal that remembers what it was told. */
export interface FakeTerminal extends Terminal {
  /** Everything written to standard output. */
  readonly out: string;
  /** Everything written to standard error. */
  readonly err: string;
  /** Which stream each write went to. */
  readonly writes: readonly Stream[];
  /** Statuses that `exit` was called with. */
  readonly exits: readonly number[];
  /** Sends a signal with the exit status it calls for. */
  signal(status: number): void;
  /** Handlers installed now. */
  readonly handlers: number;
}

/** Makes a terminal for a test. */
export function fakeTerminal(pretence: Pretence = {}): FakeTerminal {
  const text = { stdout: "", stderr: "" };
  const writes: Stream[] = [];
  const exits: number[] = [];
  const handlers = new Set<(status: number) => void>();
  return {
    args: [],
    write(stream, bytes) {
      if (pretence.closed?.includes(stream)) throw new OutputClosed(stream);
      writes.push(stream);
      text[stream] += new TextDecoder().decode(bytes);
    },
    isTerminal: (stream) => pretence.terminals?.includes(stream) ?? false,
    columns: () => pretence.columns,
    env: (name) => pretence.env?.[name],
    onSignal(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    exit(status) {
      exits.push(status);
      return undefined as never;
    },
    describe: () => "test 1.2.3, here",
    get out() {
      return text.stdout;
    },
    get err() {
      return text.stderr;
    },
    writes,
    exits,
    signal: (status) => handlers.forEach((handler) => handler(status)),
    get handlers() {
      return handlers.size;
    },
  };
}
