/**
 * One block of bzip2: prefix codes, runs and move-to-front undone; what is left is a text in the
 * order of its suffixes.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { checkBits, readBits, sourceOffset } from "./bits.ts";
import type { BitWindow } from "./bits.ts";
import { codeTable, longCode, LONGEST_CODE, LOOKUP_SHIFT } from "./codes.ts";
import type { CodeTable } from "./codes.ts";

/** Bytes that a block holds for each step of a stream's level, 1 to 9. */
export const BLOCK_STEP = 100_000;

/**
 * Most packed bytes that a block of level 9 can take: 900,001 symbols of 20 bits, 32,767 selectors
 * of 6 bits and six tables, whose lengths an encoder writes in far less than the rest.
 */
export const LONGEST_BLOCK = 2_400_000;

/** Symbols that are coded with one table before the next selector counts. */
const GROUP = 50;

/** A longer run than any block holds; libbz2 stops at the same. */
const LONGEST_RUN_BITS = 21;

/** A block whose text can be followed. */
export interface Block {
  /** CRC-32 that its text should have. */
  readonly crc: number;
  /** For each place, the byte in its low 8 bits, and above them the place that follows. */
  readonly links: Int32Array;
  /** How many places there are. */
  readonly count: number;
  /** The place before the first. */
  readonly origin: number;
}

/** Reads the block that begins behind its magic number, into `links`. */
export function readBlock(window: BitWindow, links: Int32Array): Block {
  const crc = readBits(window, 16) << 16 | readBits(window, 16);
  if (readBits(window, 1) !== 0) {
    throw new StateDictError("unsupported", "The bzip2 block is randomised, as before 1998", {
      offset: sourceOffset(window),
      path: window.input.name,
      hint: "unpack it with bunzip2 and open what comes out",
    });
  }
  const origin = readBits(window, 24);
  const used = readUsedBytes(window);
  const tableCount = readBits(window, 3);
  const selectors = readSelectors(window, tableCount);
  const tables = Array.from({ length: tableCount }, () => readTable(window, used.length + 2));
  const counts = new Int32Array(256);
  const count = readSymbols(window, tables, selectors, used, links, counts);
  if (origin >= count) {
    throw damaged(window, `The bzip2 block starts at ${origin}, but has ${count} bytes`);
  }
  linkPlaces(links, count, counts);
  return { crc, links, count, origin };
}

/** The byte values that occur, in order: two levels of 16 bits. */
function readUsedBytes(window: BitWindow): number[] {
  const used: number[] = [];
  const rows = readBits(window, 16);
  for (let row = 0; row < 16; row++) {
    if (!(rows & 0x8000 >> row)) continue;
    const columns = readBits(window, 16);
    for (let column = 0; column < 16; column++) {
      if (columns & 0x8000 >> column) used.push(row * 16 + column);
    }
  }
  if (used.length === 0) throw damaged(window, "The bzip2 block uses no byte");
  return used;
}

/** Which table each group of symbols is coded with, themselves coded by move-to-front. */
function readSelectors(window: BitWindow, tableCount: number): Uint8Array {
  if (tableCount < 2 || tableCount > 6) {
    throw damaged(window, `The bzip2 block has ${tableCount} code tables, not 2 to 6`);
  }
  const selectors = new Uint8Array(readBits(window, 15));
  const recent = Array.from({ length: tableCount }, (_, table) => table);
  for (let i = 0; i < selectors.length; i++) {
    let rank = 0;
    while (readBits(window, 1)) {
      if (++rank === tableCount) throw damaged(window, "A bzip2 selector names no table");
    }
    const [table] = recent.splice(rank, 1);
    recent.unshift(table!);
    selectors[i] = table!;
  }
  return selectors;
}

/** A table: each length as its difference from the one before. */
function readTable(window: BitWindow, symbols: number): CodeTable {
  const lengths = new Uint8Array(symbols);
  let length = readBits(window, 5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) {
        throw damaged(window, `A bzip2 code has ${length} bits, not 1 to ${LONGEST_CODE}`);
      }
      if (readBits(window, 1) === 0) break;
      length += readBits(window, 1) ? -1 : 1;
    }
    lengths[symbol] = length;
  }
  const table = codeTable(lengths);
  if (!table) throw damaged(window, "A bzip2 code has more symbols than its lengths allow");
  return table;
}

/** Decodes the symbols into the low 8 bits of `links`, counts the bytes, and says how many. */
function readSymbols(
  window: BitWindow,
  tables: readonly CodeTable[],
  selectors: Uint8Array,
  used: readonly number[],
  links: Int32Array,
  counts: Int32Array,
): number {
  const { view } = window;
  const last = used.length + 1;
  const recent = new Uint8Array(256);
  recent.set(used);
  const words = new Int32Array(recent.buffer);
  let { bit } = window;
  let count = 0;
  let run = 0;
  let runBits = 0;
  for (let group = 0; group < selectors.length; group++) {
    const table = tables[selectors[group]!]!;
    const { short } = table;
    window.bit = bit;
    checkBits(window);
    for (let left = GROUP; left > 0; left--) {
      const next = view.getInt32(bit >>> 3) << (bit & 7);
      let entry = short[next >>> LOOKUP_SHIFT]!;
      if (entry === 0) {
        entry = longCode(table, next);
        if (entry === 0) {
          const end = bit + LONGEST_CODE; // a cut within a code is the reason too
          throw damaged(window, "The bzip2 block holds a code that isn't in use", end);
        }
      }
      bit += entry & 31;
      const symbol = entry >>> 5;
      if (symbol < 2) {
        // Two symbols write the length of a run as a number of base 2 without zeros.
        run += symbol + 1 << runBits;
        if (++runBits > LONGEST_RUN_BITS) throw tooLong(window, links.length, bit);
        continue;
      }
      if (run > 0) {
        const end = count + run;
        if (end > links.length) throw tooLong(window, links.length, bit);
        const byte = recent[0]!;
        counts[byte]! += run;
        if (run < 16) { for (; count < end; count++) links[count] = byte; }
        else links.fill(byte, count, end);
        count = end;
        run = runBits = 0;
      }
      if (symbol === last) {
        window.bit = bit;
        checkBits(window);
        return count;
      }
      if (count === links.length) throw tooLong(window, count, bit);
      const byte = moveToFront(recent, words, symbol - 1);
      links[count++] = byte;
      counts[byte]!++;
    }
  }
  throw damaged(window, "The bzip2 block has no end in its groups", bit);
}

function tooLong(window: BitWindow, size: number, bit: number): StateDictError {
  return damaged(window, `The bzip2 block has more than its ${size} bytes`, bit);
}

/** From this rank on, the runtimes' own move is quicker than a loop: measured in V8 and JSC. */
const FAR = 128;

/** Takes the byte of a rank to the front; four ranks move at a time, lowest in the lowest byte. */
function moveToFront(recent: Uint8Array, words: Int32Array, rank: number): number {
  const byte = recent[rank]!;
  if (rank >= FAR) {
    recent.copyWithin(1, 0, rank);
    recent[0] = byte;
    return byte;
  }
  const last = rank >>> 2;
  let carry = byte;
  for (let i = 0; i < last; i++) {
    const word = words[i]!;
    words[i] = word << 8 | carry;
    carry = word >>> 24;
  }
  const word = words[last]!;
  const moved = -1 >>> (3 - (rank & 3)) * 8;
  words[last] = (word << 8 | carry) & moved | word & ~moved;
  return byte;
}

/** Sorts the places by their bytes, which is where each text's next place is: the inverse transform. */
function linkPlaces(links: Int32Array, count: number, counts: Int32Array): void {
  let start = 0;
  for (let byte = 0; byte < 256; byte++) {
    const size = counts[byte]!;
    counts[byte] = start;
    start += size;
  }
  for (let place = 0; place < count; place++) {
    links[counts[links[place]! & 255]!++]! |= place << 8;
  }
}

/** The error of a block that contradicts itself; where its data are cut, that is the reason. */
export function damaged(
  window: BitWindow,
  message: string,
  bit: number = window.bit,
): StateDictError {
  window.bit = bit;
  checkBits(window);
  return new StateDictError("corrupt", message, {
    offset: sourceOffset(window),
    path: window.input.name,
  });
}
