/**
 * LZMA streams with the header of the LZMA utilities, as joblib writes `.lzma`: properties, the
 * size of the dictionary, and the plain size or none.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { damagedLzma, rangeIsDone, startRange } from "./range.ts";
import type { LzmaDecoder } from "./range.ts";
import { decodeSymbols, LONGEST_SYMBOL, lzmaDecoder, setProperties } from "./symbols.ts";
import { lzmaWindow, makeRoom, PIECE, takePiece } from "./window.ts";
import type { PackedInput } from "../packed_input.ts";

const HEADER = 13;

/** What a smaller dictionary counts as. */
const LEAST_DICTIONARY = 4096;

/** Packed bytes decoded at a time. */
const STEP = 2 ** 16;

/** A plain size that nobody has: liblzma takes a header that states more for something else. */
const TOO_LARGE = 2 ** 38;

/** The plain size of a stream that ends by its marker. */
const UNKNOWN = 2n ** 64n - 1n;

/** Unpacks an LZMA stream, in bounded memory. The format has no checksum. */
export async function* decodeLzma(input: PackedInput): AsyncGenerator<Uint8Array, void> {
  const start = input.position;
  const corrupt = (what: string) =>
    new StateDictError("corrupt", what, { offset: start, path: input.name });
  const header = await input.take(HEADER);
  const view = new DataView(header.buffer, header.byteOffset, HEADER);
  const stated = view.getBigUint64(5, true);
  const size = stated === UNKNOWN ? Infinity : Number(stated);
  if (size !== Infinity && size >= TOO_LARGE) {
    throw corrupt(`The LZMA header states ${stated} bytes`);
  }
  const window = lzmaWindow(Math.max(view.getUint32(1, true), LEAST_DICTIONARY));
  const decoder = lzmaDecoder(window, input.name, true);
  if (!setProperties(decoder, header[0]!)) {
    throw corrupt(`The LZMA header has properties ${header[0]}`);
  }
  startRange(decoder, await input.take(5), start + HEADER);
  yield* decodeStream(decoder, input, size);
}

async function* decodeStream(
  decoder: LzmaDecoder,
  input: PackedInput,
  size: number,
): AsyncGenerator<Uint8Array, void> {
  const { window } = decoder;
  let left = size;
  let isDone = size === 0 && rangeIsDone(decoder);
  while (!isDone) {
    decoder.inputOffset = input.position;
    decoder.position = 0;
    decoder.input = await input.take(Math.min(STEP, input.end - input.position));
    // No symbol begins that may not be there as a whole, unless these are the last bytes.
    const lastStart = decoder.input.length - (input.position < input.end ? LONGEST_SYMBOL : 0);
    while (!isDone && decoder.position <= lastStart) {
      makeRoom(window);
      const before = window.end;
      // With nothing left, one symbol more may be read: the marker.
      decodeSymbols(decoder, before + Math.max(1, Math.min(left, PIECE)), lastStart);
      left -= window.end - before;
      if (left < 0) throw damagedLzma(decoder, `The LZMA data become more than ${size} bytes`);
      isDone = (decoder.ended || left === 0) && rangeIsDone(decoder);
      if (decoder.position > decoder.input.length) {
        throw damagedLzma(decoder, "The LZMA data end too early");
      }
      if (window.end > window.taken) yield takePiece(window);
      if (decoder.ended && !isDone) {
        throw damagedLzma(decoder, "The LZMA data don't end with their marker");
      }
    }
    input.position = decoder.inputOffset + decoder.position;
  }
  if (decoder.ended && left > 0 && size !== Infinity) {
    throw damagedLzma(decoder, `The LZMA data end ${left} bytes before their ${size}`);
  }
}
