/**
 * What an xz block's bytes may have been put through.
 *
 * @module
 */

import { decodeLzma2, dictionarySize } from "../lzma/lzma2.ts";
import type { LzmaDecoder } from "../lzma/range.ts";
import type { PackedInput } from "../packed_input.ts";

/** A filter as a block's header names it. */
export interface FilterUse {
  /** Its number. */
  readonly id: number;
  /** Its settings. */
  readonly properties: Uint8Array;
}

/** What comes out of a filter. */
export type Pieces = AsyncIterable<Uint8Array>;

const LZMA2 = 0x21;
const DELTA = 3;

/** Filters for machine code, which no weights are: named, so that an error can name them. */
const CODE_FILTERS: ReadonlyMap<number, string> = new Map([
  [4, "x86"],
  [5, "PowerPC"],
  [6, "IA-64"],
  [7, "ARM"],
  [8, "ARM Thumb"],
  [9, "SPARC"],
  [10, "ARM64"],
  [11, "RISC-V"],
]);

/** What a filter is called, where it is one that isn't undone here. */
export function foreignFilter(id: number): string | undefined {
  if (id === LZMA2 || id === DELTA) return undefined;
  const name = CODE_FILTERS.get(id);
  return name === undefined ? `filter ${id}` : `the filter for ${name} code`;
}

/**
 * Undoes the filters of a block, the last of which must unpack LZMA2; undefined if their order or
 * settings make no sense.
 */
export function undoFilters(
  filters: readonly FilterUse[],
  input: PackedInput,
  decoder: LzmaDecoder,
): Pieces | undefined {
  const last = filters.at(-1);
  const dictionary = last?.id === LZMA2 && last.properties.length === 1
    ? dictionarySize(last.properties[0]!)
    : undefined;
  if (dictionary === undefined) return undefined;
  let pieces: Pieces = decodeLzma2(input, dictionary, decoder);
  for (const { id, properties } of filters.slice(0, -1).reverse()) {
    if (id !== DELTA || properties.length !== 1) return undefined;
    pieces = undoDelta(pieces, properties[0]! + 1);
  }
  return pieces;
}

/** Adds to each byte the one `distance` before it. */
async function* undoDelta(pieces: Pieces, distance: number): AsyncGenerator<Uint8Array, void> {
  let memory = new Uint8Array(distance);
  for await (const piece of pieces) {
    const size = distance + piece.length;
    if (memory.length < size) {
      const before = memory.subarray(0, distance);
      memory = new Uint8Array(size);
      memory.set(before);
    }
    for (let i = 0; i < piece.length; i++) memory[distance + i] = piece[i]! + memory[i]!;
    yield memory.subarray(distance, size);
    memory.copyWithin(0, piece.length, size);
  }
}
