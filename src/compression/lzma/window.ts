/**
 * The plain bytes that LZMA may still refer to, and behind them room for the next.
 *
 * @module
 */

/** Plain bytes made at a time. */
export const PIECE: number = 2 ** 16;

/** The longest match, by so much the last one of a piece may run over. */
const LONGEST_MATCH = 273;

/**
 * The most history that is kept; xz writes no larger dictionary than 1.5 GiB, and none of its levels
 * more than 64 MiB. Memory is taken only as data come, whatever the header promises.
 */
const MOST_HISTORY = 2 ** 30;

/** Memory to begin with. */
const FIRST_SIZE = 2 ** 17;

/** Places are kept modulo 16, because LZMA's codes depend on 4 bits of them at most. */
const PHASES = 16;

/** Plain bytes in the order in which they were made. */
export interface LzmaWindow {
  /** Their memory. */
  bytes: Uint8Array;
  /** The first byte that a match may refer to. */
  start: number;
  /** The first byte that hasn't been given out. */
  taken: number;
  /** Behind the last byte. */
  end: number;
  /** What added to a place makes its number since the history began, modulo 16. */
  phase: number;
  /** How far back a match may reach. */
  readonly dictionary: number;
}

/** An empty window for a dictionary of this size. */
export function lzmaWindow(dictionary: number): LzmaWindow {
  return {
    bytes: new Uint8Array(FIRST_SIZE),
    start: 0,
    taken: 0,
    end: 0,
    phase: 0,
    dictionary: Math.min(dictionary, MOST_HISTORY),
  };
}

/** Forgets the history: no match reaches behind this point. */
export function forgetHistory(window: LzmaWindow): void {
  window.start = window.end;
  window.phase = -window.end & PHASES - 1;
}

/** Makes room for a piece. What was given out may move. */
export function makeRoom(window: LzmaWindow): void {
  const { bytes, end, dictionary } = window;
  const needed = PIECE + LONGEST_MATCH;
  if (end + needed <= bytes.length) return;
  // A quarter more than the dictionary: then a byte is moved four times at most on its way out.
  const most = dictionary + Math.max(dictionary >>> 2, 2 * needed);
  if (bytes.length < most) {
    window.bytes = new Uint8Array(Math.min(Math.max(bytes.length * 2, end + needed), most));
    window.bytes.set(bytes.subarray(0, end));
    if (end + needed <= window.bytes.length) return;
  }
  const shift = Math.max(0, end - dictionary) & -PHASES;
  window.bytes.copyWithin(0, shift, end);
  window.start = Math.max(0, window.start - shift);
  window.taken -= shift;
  window.end -= shift;
}

/** The bytes that have been made since the last call. They stay until there must be room again. */
export function takePiece(window: LzmaWindow): Uint8Array {
  const piece = window.bytes.subarray(window.taken, window.end);
  window.taken = window.end;
  return piece;
}
