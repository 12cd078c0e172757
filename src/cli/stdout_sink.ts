/**
 * Standard output as a sink, for files that go into a pipe.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { ByteSink } from "../io/sink.ts";
import type { Io } from "./io.ts";

/** Writes to standard output; what has gone there can't be taken back. @throws `usage` on a terminal. */
export function stdoutSink(io: Io): ByteSink {
  if (io.isTerminal("stdout")) {
    throw new StateDictError("usage", "A file of bytes is nothing for a terminal", {
      hint: "send it into a pipe or a file, or name a file",
    });
  }
  let position = 0;
  const sink: ByteSink = {
    name: "standard output",
    get position() {
      return position;
    },
    // deno-lint-ignore require-await -- an error must reject, not throw
    async write(bytes) {
      sink.writeSync!(bytes);
    },
    writeSync(bytes) {
      io.stdout(bytes);
      position += bytes.length;
    },
    commit: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  };
  return sink;
}
