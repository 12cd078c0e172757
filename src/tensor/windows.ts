/**
 * Reads a view that isn't contiguous in windows: boxes of its index space, each fetched in the
 * order in which it lies in the file, in runs as long as they get, into one bounded buffer.
 *
 * A column-major matrix of a gigabyte is so read in some thousand long runs instead of one read an
 * element, or a gigabyte of memory.
 *
 * @module
 */

import { contiguousStrides, countElements, Odometer, planRuns } from "./strides.ts";

/** Bytes of a window: long runs for matrices of gigabytes, and still little memory. */
const WINDOW_BYTES = 16 << 20;

/** A gap is read along rather than jumped if the run stays below this: a read costs as much. */
const SMALL_RUN_BYTES = 64 << 10;

/** Reads elements from a byte of the view on. */
export type ReadRange = (start: number, target: Uint8Array<ArrayBuffer>) => Promise<void>;

/** A box of the view, in memory. */
export interface Window {
  /** The box's bytes, its first element first; good until the next window. */
  readonly memory: Uint8Array<ArrayBuffer>;
  /** The box's sizes. */
  readonly shape: readonly number[];
  /** Strides in `memory`, in elements. */
  readonly stride: readonly number[];
}

/** How a box is fetched: equal runs, counted by some dimensions of the file. */
interface BoxPlan {
  /** Elements of a run. */
  readonly run: number;
  /** Sizes of the dimensions that count the runs, the farthest step first. */
  readonly counts: readonly number[];
  /** Their strides in the file. */
  readonly steps: readonly number[];
  /** The box's strides in the fetched memory. */
  readonly stride: readonly number[];
  /** Elements fetched in all. */
  readonly elements: number;
}

/** Reads a view window by window, in row-major order of the windows. */
export async function* readWindows(
  viewShape: readonly number[],
  viewStride: readonly number[],
  itemsize: number,
  read: ReadRange,
  windowBytes: number = WINDOW_BYTES,
): AsyncGenerator<Window, void, void> {
  const merged = planRuns(viewShape, viewStride);
  const shape = [...merged.shape, merged.run];
  const stride = [...merged.stride, 1];
  const { cut, step } = chooseBox(
    shape,
    stride,
    Math.max(1, Math.floor(windowBytes / itemsize)),
    itemsize,
  );
  const at = new Odometer(shape.slice(0, cut), stride.slice(0, cut));
  let memory = new Uint8Array(0);
  for (; !at.done; at.next(step)) {
    const box = shape.slice(cut);
    if (cut > 0) box.unshift(Math.min(step, shape[cut - 1]! - at.index[cut - 1]!));
    const steps = stride.slice(Math.max(0, cut - 1));
    const plan = planBox(box, steps, itemsize);
    const bytes = plan.elements * itemsize;
    if (memory.length < bytes) memory = new Uint8Array(bytes);
    await fetchBox(plan, at.position, itemsize, memory, read);
    yield { memory, shape: box, stride: plan.stride };
  }
}

/**
 * The largest box that fits: all of the dimensions from `cut` on, and `step` indices of the one
 * before.
 */
function chooseBox(
  shape: readonly number[],
  stride: readonly number[],
  room: number,
  itemsize: number,
): { cut: number; step: number } {
  const fits = (box: readonly number[]) =>
    planBox(box, stride.slice(shape.length - box.length), itemsize).elements <= room;
  let cut = 0;
  while (cut < shape.length && !fits(shape.slice(cut))) cut++;
  if (cut === 0) return { cut, step: 1 };
  let step = shape[cut - 1]!;
  while (step > 1 && !fits([step, ...shape.slice(cut)])) step = Math.ceil(step / 2);
  return { cut, step };
}

/** Plans the fetching of a box. */
function planBox(
  box: readonly number[],
  stride: readonly number[],
  itemsize: number,
): BoxPlan {
  const dims = box.map((_, dim) => dim).filter((dim) => box[dim]! > 1 && stride[dim]! > 0)
    .sort((a, b) => stride[b]! - stride[a]!);
  let run = 1;
  let outer = dims.length;
  let span = 1;
  let wanted = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    const size = box[dims[i]!]!;
    span += (size - 1) * stride[dims[i]!]!;
    wanted *= size;
    // What is read along may be as much as what is wanted, or little in itself.
    if (span > 2 * wanted && span * itemsize > SMALL_RUN_BYTES) continue;
    run = span;
    outer = i;
  }
  const counting = dims.slice(0, outer);
  const counts = counting.map((dim) => box[dim]!);
  const apart = contiguousStrides(counts);
  const fetched = stride.map((step, dim) => box[dim] === 1 ? 0 : step);
  counting.forEach((dim, i) => fetched[dim] = apart[i]! * run);
  return {
    run,
    counts,
    steps: counting.map((dim) => stride[dim]!),
    stride: fetched,
    elements: countElements(counts) * run,
  };
}

async function fetchBox(
  plan: BoxPlan,
  first: number,
  itemsize: number,
  memory: Uint8Array<ArrayBuffer>,
  read: ReadRange,
): Promise<void> {
  const bytes = plan.run * itemsize;
  const at = new Odometer(plan.counts, plan.steps);
  for (let filled = 0; !at.done; filled += bytes, at.next()) {
    await read((first + at.position) * itemsize, memory.subarray(filled, filled + bytes));
  }
}
