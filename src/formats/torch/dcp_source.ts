/**
 * A tensor's bytes, put together from its blocks when they are read.
 *
 * @module
 */

import { checkAborted, checkRange } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { runsOf } from "./dcp_chunks.ts";
import type { Block, Runs } from "./dcp_chunks.ts";

/** A block whose bytes can be read. */
export interface OpenBlock extends Block {
  /** Fills `target` from a byte of the block on; the block is row-major, without gaps. */
  readonly read: (start: number, target: Uint8Array<ArrayBuffer>) => Promise<void>;
}

/** Bytes of a block that are read at a time where its runs are short. */
const GATHER = 1024 * 1024;

/** The row-major bytes of a tensor of `itemsize` bytes an element. */
export function blockSource(
  name: string,
  shape: readonly number[],
  itemsize: number,
  size: number,
  blocks: readonly OpenBlock[],
): ByteSource {
  const parts = blocks.filter(({ sizes }) => !sizes.includes(0))
    .map((block) => ({ block, runs: inBytes(runsOf(shape, block), itemsize) }));
  const source: ByteSource = {
    size,
    name,
    async read(offset, target, signal) {
      checkRange(source, offset, target.length);
      for (const { block, runs } of parts) {
        checkAborted(signal);
        await copyRuns(block, runs, offset, target as Uint8Array<ArrayBuffer>);
      }
    },
    close: () => Promise.resolve(),
  };
  return source;
}

function inBytes({ count, length, start }: Runs, itemsize: number): Runs {
  return { count, length: length * itemsize, start: (run) => start(run) * itemsize };
}

/** Copies those parts of a block's runs that lie in the target, which begins at `offset`. */
async function copyRuns(
  block: OpenBlock,
  runs: Runs,
  offset: number,
  target: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { count, length } = runs;
  const end = offset + target.length;
  for (let run = firstRunBehind(runs, offset); run < count && runs.start(run) < end;) {
    const pieces = [pieceOf(runs, run++, offset, end)];
    // Short runs are read in one go: in the block they follow one another.
    while (run < count && runs.start(run) < end && pieces.length * length < GATHER) {
      pieces.push(pieceOf(runs, run++, offset, end));
    }
    await readPieces(block, pieces, target);
  }
}

/** A part of a run: where it lies in the block, and in the target. */
interface Piece {
  readonly start: number;
  readonly to: number;
  readonly length: number;
}

function pieceOf(runs: Runs, run: number, offset: number, end: number): Piece {
  const at = runs.start(run);
  const from = Math.max(at, offset);
  return {
    start: run * runs.length + (from - at),
    to: from - offset,
    length: Math.min(at + runs.length, end) - from,
  };
}

async function readPieces(
  block: OpenBlock,
  pieces: readonly Piece[],
  target: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const first = pieces[0]!;
  if (pieces.length === 1) {
    await block.read(first.start, target.subarray(first.to, first.to + first.length));
    return;
  }
  const last = pieces[pieces.length - 1]!;
  const bytes = new Uint8Array(last.start + last.length - first.start);
  await block.read(first.start, bytes);
  for (const { start, to, length } of pieces) {
    target.set(bytes.subarray(start - first.start, start - first.start + length), to);
  }
}

/** The first run that ends behind `offset`. */
function firstRunBehind({ count, length, start }: Runs, offset: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (start(middle) + length > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
