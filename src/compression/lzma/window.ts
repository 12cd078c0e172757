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
 * more than 64 MiB.
 */
const MOST_HISTORY = 2 ** 30;

/** Memory to begin with: small files need no more. */
const FIRST_SIZE = 2 ** 18;

/**
 * Memory to go on with: enough for every level of xz, so that much is never copied to grow. The
 * system gives it only as it is written to.
 */
const SECOND_SIZE = 2 ** 27;

/** Room for the next piece. */
const ROOM = PIECE + LONGEST_MATCH;

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
  dictionary: number;
}

/** An empty window for a dictionary of this size. */
export function lzmaWindow(dictionary: number): LzmaWindow {
  const bytes = new Uint8Array(FIRST_SIZE);
  const window = { bytes, start: 0, taken: 0, end: 0, phase: 0, dictionary };
  emptyWindow(window, dictionary);
  return window;
}

/** Begins anew in the same memory. */
export function emptyWindow(window: LzmaWindow, dictionary: number): void {
  window.start = window.taken = window.end = 0;
  window.phase = 0;
  window.dictionary = Math.min(dictionary, MOST_HISTORY);
}

/** A quarter more than the dictionary: then a byte is moved four times at most on its way out. */
function sizeFor(dictionary: number): number {
  return dictionary + Math.max(dictionary >>> 2, 2 * ROOM);
}

/** Forgets the history: no match reaches behind this point. */
export function forgetHistory(window: LzmaWindow): void {
  window.start = window.end;
  window.phase = -window.end & PHASES - 1;
}

/** Makes room for a piece. What was given out may move. */
export function makeRoom(window: LzmaWindow): void {
  const { bytes, end, dictionary } = window;
  if (end + ROOM <= bytes.length) return;
  const most = sizeFor(dictionary);
  if (bytes.length < most) {
    window.bytes = new Uint8Array(Math.min(Math.max(bytes.length * 2, SECOND_SIZE), most));
    window.bytes.set(bytes.subarray(0, end));
    if (end + ROOM <= window.bytes.length) return;
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
