/**
 * The container of joblib before 0.10: "ZF", the plain size in words, and a zlib stream.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { PackedInput } from "./packed_input.ts";
import { decodeZlib } from "./zlib.ts";

/** Characters of the size: Python's `hex()`, with blanks behind. */
const SIZE_WIDTH = 19;

const BLANK = 0x20;

/** Unpacks a ZF container, and holds it to the size that it states. */
export async function* decodeZf(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  const start = input.position;
  const corrupt = (what: string) =>
    new StateDictError("corrupt", what, { offset: start, path: input.name });
  const magic = await input.take(2);
  if (magic[0] !== 0x5a || magic[1] !== 0x46) throw corrupt("The container doesn't begin with ZF");
  const text = String.fromCharCode(...await input.take(SIZE_WIDTH));
  // Python 2 ends a long integer with L.
  const digits = /^0x([0-9a-f]+)L? *$/.exec(text)?.[1];
  const size = Number.parseInt(digits ?? "", 16);
  if (!Number.isSafeInteger(size)) throw corrupt("The ZF header states no size");
  // joblib 0.8.4 under Python 2 wrote one blank more.
  const [next] = await input.take(1);
  if (next !== BLANK) input.position--;
  let total = 0;
  for await (const piece of decodeZlib(input)) {
    total += piece.length;
    if (total > size) throw corrupt(`The ZF data become more than the ${size} bytes it states`);
    yield piece;
  }
  if (total !== size) {
    throw corrupt(`The ZF header states ${size} bytes, but the data are ${total}`);
  }
}
