/**
 * Blocks of a tensor: whether they cover it, each element once, and which bytes of the whole each
 * has.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { contiguousStrides, countElements } from "../../tensor/strides.ts";
import { quoted } from "../../text/quoted.ts";
import type { DcpTensor } from "./dcp_metadata.ts";

/** Pairs of blocks that are compared for one tensor: in meshes of two dimensions some thousand. */
const MAX_PAIRS = 10_000_000;

/** A block's offsets and sizes. */
export interface Block {
  /** Its first element, by dimension. */
  readonly offsets: readonly number[];
  /** Its sizes. */
  readonly sizes: readonly number[];
}

/** Throws `corrupt` unless the blocks cover the tensor, each element once. */
export function checkBlocks({ name, shape, chunks }: DcpTensor): void {
  const fail = (what: string): StateDictError =>
    new StateDictError("corrupt", `The blocks of ${quoted(name)} ${what}`);
  let covered = 0;
  for (const { offsets, sizes } of chunks) {
    if (offsets.length !== shape.length || sizes.length !== shape.length) {
      throw fail(`have ${offsets.length} dimensions, not ${shape.length}`);
    }
    if (sizes.some((size, dim) => offsets[dim]! + size > shape[dim]!)) {
      throw fail("reach beyond the tensor");
    }
    covered += countElements(sizes);
  }
  const wanted = countElements(shape);
  if (covered < wanted) throw fail(`cover ${covered} of its ${wanted} elements`);
  if (covered > wanted || overlaps(chunks, fail)) throw fail("overlap");
}

/** Goes along the first dimension; only blocks that are open at the same place are compared. */
function overlaps(blocks: readonly Block[], fail: (what: string) => StateDictError): boolean {
  const full = blocks.filter(({ sizes }) => !sizes.includes(0))
    .sort((a, b) => (a.offsets[0] ?? 0) - (b.offsets[0] ?? 0));
  let open: Block[] = [];
  let pairs = 0;
  for (const block of full) {
    const start = block.offsets[0] ?? 0;
    open = open.filter(({ offsets, sizes }) => (offsets[0] ?? 0) + (sizes[0] ?? 1) > start);
    pairs += open.length;
    if (pairs > MAX_PAIRS) throw fail("are too many to be compared");
    if (open.some((other) => meet(block, other))) return true;
    open.push(block);
  }
  return false;
}

function meet(a: Block, b: Block): boolean {
  return a.offsets.every((start, dim) =>
    start < b.offsets[dim]! + b.sizes[dim]! && b.offsets[dim]! < start + a.sizes[dim]!
  );
}

/**
 * Where a block's elements lie in the whole: as runs of equal length that follow one another in
 * both, without gaps in the block. All is counted in elements.
 */
export interface Runs {
  /** How many there are. */
  readonly count: number;
  /** Elements of each. */
  readonly length: number;
  /** Where a run begins in the whole; later runs begin later. */
  start(run: number): number;
}

/** The runs of a block in a row-major tensor. */
export function runsOf(shape: readonly number[], { offsets, sizes }: Block): Runs {
  const strides = contiguousStrides(shape);
  // Dimensions behind this one the block has as a whole, so a run goes through them.
  let split = shape.length - 1;
  while (split > 0 && sizes[split] === shape[split]) split--;
  const outer = sizes.slice(0, Math.max(0, split));
  const first = offsets.reduce((sum, offset, dim) => sum + offset * strides[dim]!, 0);
  return {
    count: countElements(outer),
    length: countElements(sizes.slice(outer.length)),
    start(run) {
      let at = first;
      let rest = run;
      for (let dim = outer.length - 1; dim >= 0; dim--) {
        at += (rest % outer[dim]!) * strides[dim]!;
        rest = Math.floor(rest / outer[dim]!);
      }
      return at;
    },
  };
}
