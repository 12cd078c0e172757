/**
 * Files that are open only while they are read.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { readInto } from "./source.ts";
import type { ByteSource } from "./source.ts";

/**
 * A source that is opened anew for each read. A file may have more others beside it than a process
 * may have open, which is a thousand on many systems.
 */
export async function reopening(open: () => Promise<ByteSource>): Promise<ByteSource> {
  const first = await open();
  const { size, name } = first;
  await first.close();
  return {
    size,
    name,
    async read(offset, target, signal) {
      const source = await open();
      try {
        if (source.size !== size) {
          throw new StateDictError("io", `The file had ${size} bytes, and has ${source.size} now`, {
            path: name,
            hint: "it has changed while it was read; open it again",
          });
        }
        await readInto(source, offset, target, signal);
      } finally {
        await source.close();
      }
    },
    close: () => Promise.resolve(),
  };
}
