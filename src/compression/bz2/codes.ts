/**
 * The prefix codes of a bzip2 block, as tables to look them up in.
 *
 * @module
 */

/** The longest code that bzip2 has. */
export const LONGEST_CODE = 20;

/** Codes of up to this many bits are found at once; 6 tables of 2 KiB stay in the first cache. */
const LOOKUP = 10;

/** What a lookup must shift the next 32 bits by. */
export const LOOKUP_SHIFT: number = 32 - LOOKUP;

/** One prefix code. An entry is the symbol times 32 and the code's length. */
export interface CodeTable {
  /** Entries by the next bits; 0 where the code is longer, or there is none. */
  readonly short: Uint16Array;
  /** For each length, the first code that is longer. */
  readonly ends: Int32Array;
  /** For each length, what turns a code of it into a place in `symbols`. */
  readonly places: Int32Array;
  /** Symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

/** The canonical code of these lengths, or undefined if they ask for more codes than there are. */
export function codeTable(lengths: Uint8Array): CodeTable | undefined {
  const short = new Uint16Array(1 << LOOKUP);
  const ends = new Int32Array(LONGEST_CODE + 1);
  const places = new Int32Array(LONGEST_CODE + 1);
  const symbols = new Uint16Array(lengths.length);
  let place = 0;
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    code *= 2;
    places[length] = place - code;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[place++] = symbol;
      const spare = LOOKUP - length;
      if (spare >= 0) short.fill(symbol << 5 | length, code << spare, code + 1 << spare);
      code++;
    }
    if (code > 2 ** length) return undefined;
    ends[length] = code;
  }
  return { short, ends, places, symbols };
}

/** The entry of a code that the short table doesn't have; 0 if these 32 bits begin with no code. */
export function longCode(table: CodeTable, bits: number): number {
  for (let length = LOOKUP + 1; length <= LONGEST_CODE; length++) {
    const code = bits >>> 32 - length;
    if (code < table.ends[length]!) {
      return table.symbols[code + table.places[length]!]! << 5 | length;
    }
  }
  return 0;
}
