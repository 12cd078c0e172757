/**
 * LZMA2: LZMA in chunks, each with its sizes, some of them stored as they are.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { damagedLzma, rangeIsDone, startRange } from "./range.ts";
import type { LzmaDecoder } from "./range.ts";
import { decodeSymbols, lzmaDecoder, resetState, setProperties } from "./symbols.ts";
import { emptyWindow, forgetHistory, lzmaWindow, makeRoom, PIECE, takePiece } from "./window.ts";
import type { PackedInput } from "../packed_input.ts";

/** What a chunk's first byte says, from the highest demand down. */
const NEW_HISTORY = 0xe0;
const NEW_PROPERTIES = 0xc0;
const NEW_STATE = 0xa0;
const PACKED = 0x80;
const STORED = 2;
const STORED_NEW_HISTORY = 1;
const END = 0;

/** The size of the dictionary that a filter property stands for, or undefined if none. */
export function dictionarySize(property: number): number | undefined {
  if (property > 40) return undefined;
  return property === 40 ? 2 ** 32 - 1 : (2 | property & 1) * 2 ** ((property >>> 1) + 11);
}

/** A decoder for {@linkcode decodeLzma2}; its memory serves many runs of data in turn. */
export function lzma2Decoder(name: string): LzmaDecoder {
  return lzmaDecoder(lzmaWindow(0), name, false);
}

/** Unpacks LZMA2 data, in bounded memory. */
export async function* decodeLzma2(
  input: PackedInput,
  dictionary: number,
  decoder: LzmaDecoder,
): AsyncGenerator<Uint8Array, void> {
  emptyWindow(decoder.window, dictionary);
  let hasHistory = false;
  let hasProperties = false;
  for (;;) {
    const start = input.position;
    const [control = END] = await input.take(1);
    if (control === END) return;
    const isNew = control >= NEW_HISTORY || control === STORED_NEW_HISTORY;
    const isPacked = control >= PACKED;
    if (!isPacked && control > STORED) throw badChunk(input, start, `is of kind ${control}`);
    if (isNew) {
      forgetHistory(decoder.window);
      hasHistory = true;
      hasProperties = false;
    }
    if (!hasHistory) throw badChunk(input, start, "wants a history that isn't there");
    if (!isPacked) {
      yield* storedChunk(decoder, input);
      continue;
    }
    const [a = 0, b = 0, c = 0, d = 0] = await input.take(4);
    const size = ((control & 31) << 16 | a << 8 | b) + 1;
    const packedSize = (c << 8 | d) + 1;
    if (control >= NEW_PROPERTIES) {
      const [properties = 0] = await input.take(1);
      if (!setProperties(decoder, properties)) {
        throw badChunk(input, start, `has properties ${properties}`);
      }
      hasProperties = true;
    } else if (!hasProperties) throw badChunk(input, start, "has no properties");
    else if (control >= NEW_STATE) resetState(decoder);
    if (packedSize < 5) throw badChunk(input, start, `has only ${packedSize} bytes`);
    const offset = input.position;
    startRange(decoder, await input.take(packedSize), offset);
    yield* packedChunk(decoder, size);
  }
}

function* packedChunk(decoder: LzmaDecoder, size: number): Generator<Uint8Array, void> {
  const { window, input } = decoder;
  for (let left = size; left > 0;) {
    makeRoom(window);
    const before = window.end;
    decodeSymbols(decoder, before + Math.min(left, PIECE), input.length);
    left -= window.end - before;
    if (left < 0 || decoder.ended || decoder.position > input.length) {
      throw damagedLzma(decoder, "An LZMA2 chunk isn't as long as it says");
    }
    yield takePiece(window);
  }
  if (!rangeIsDone(decoder) || decoder.position !== input.length) {
    throw damagedLzma(decoder, "An LZMA2 chunk isn't used up by its data");
  }
}

async function* storedChunk(
  decoder: LzmaDecoder,
  input: PackedInput,
): AsyncGenerator<Uint8Array, void> {
  const { window } = decoder;
  const [high = 0, low = 0] = await input.take(2);
  const bytes = await input.take((high << 8 | low) + 1);
  makeRoom(window);
  window.bytes.set(bytes, window.end);
  window.end += bytes.length;
  yield takePiece(window);
}

function badChunk(input: PackedInput, offset: number, what: string): StateDictError {
  return new StateDictError("corrupt", `An LZMA2 chunk ${what}`, { offset, path: input.name });
}
