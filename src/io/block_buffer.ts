/**
 * Small writes gathered into blocks.
 *
 * @module
 */

/**
 * Bytes a block. Writes of 128 to 256 KiB are the quickest; of 512 KiB and more, some take up to
 * four times as long, in every program.
 */
export const BLOCK: number = 2 ** 18;

/** Bytes to read at a time, where nothing is written: reads gain up to here. */
export const PIECE: number = 2 ** 20;

/**
 * Where a block starts in its allocation. Large arrays begin 16 bytes behind a page, and the
 * kernel's copy runs up to 1.9 times as fast from the next cache line on.
 */
const LEAD = 64;

/** An array for one block, placed where copying is quickest. */
export function blockArray(length: number = BLOCK): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length + LEAD).subarray(LEAD);
}

/** Arrays that were given back: fresh memory costs as much as reading into it. */
const spare: Uint8Array<ArrayBuffer>[] = [];

/** Arrays that are kept: as many as are in use at a time, mostly. */
const MOST_SPARE = 4;

/** A block of at least so many bytes, perhaps with what was last in it. */
export function borrowBlock(length: number): Uint8Array<ArrayBuffer> {
  const found = spare.findIndex((block) => block.length >= length);
  return found < 0 ? blockArray(length) : spare.splice(found, 1)[0]!;
}

/** Gives a borrowed block back, once nobody looks at it. Small ones and giants aren't kept. */
export function returnBlock(block: Uint8Array<ArrayBuffer>): void {
  const { length } = block;
  if (length >= BLOCK && length <= PIECE && spare.length < MOST_SPARE) spare.push(block);
}

/** Cuts a run of writes into whole blocks; what it gives out is valid until its next call. */
export interface BlockBuffer {
  /** Bytes that wait for their block to fill. */
  readonly waiting: number;
  /** Takes bytes and gives out the blocks that are full. Long runs pass without a copy. */
  push(bytes: Uint8Array): Generator<Uint8Array>;
  /** Gives out what waits. */
  flush(): Uint8Array;
}

/** Makes a block buffer. */
export function blockBuffer(): BlockBuffer {
  let block: Uint8Array | undefined;
  let waiting = 0;
  return {
    get waiting() {
      return waiting;
    },
    *push(bytes) {
      let from = 0;
      if (waiting > 0) {
        from = Math.min(bytes.length, BLOCK - waiting);
        block!.set(bytes.subarray(0, from), waiting);
        waiting += from;
        if (waiting < BLOCK) return;
        waiting = 0;
        yield block!;
      }
      for (; bytes.length - from >= BLOCK; from += BLOCK) yield bytes.subarray(from, from + BLOCK);
      if (from === bytes.length) return;
      block ??= blockArray();
      block.set(bytes.subarray(from));
      waiting = bytes.length - from;
    },
    flush() {
      const rest = (block ?? new Uint8Array(0)).subarray(0, waiting);
      waiting = 0;
      return rest;
    },
  };
}
