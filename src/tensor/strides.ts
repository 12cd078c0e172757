/**
 * Shapes and strides: how the elements of a view lie in its storage, as runs of neighbours.
 *
 * Strides count elements, as torch's do.
 *
 * @module
 */

/** Elements of a shape; 0 if any size is 0, however large the others are. */
export function countElements(shape: readonly number[]): number {
  let count = 1;
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return 0;
    count *= shape[i]!;
  }
  return count;
}

/** Row-major strides, as torch has them: a size of 0 counts as 1. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= Math.max(1, shape[i]!);
  }
  return strides;
}

/** Column-major strides, as Fortran has them. */
export function fortranStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = 0; i < shape.length; i++) {
    strides[i] = step;
    step *= Math.max(1, shape[i]!);
  }
  return strides;
}

/** Whether the elements lie in row-major order without gaps. Sizes of 1 may have any stride. */
export function isRowMajor(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i]!;
    if (size !== 1 && stride[i] !== step) return countElements(shape) === 0;
    step *= size;
  }
  return true;
}

/** Whether the elements lie in column-major order without gaps. */
export function isColumnMajor(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1;
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i]!;
    if (size !== 1 && stride[i] !== step) return countElements(shape) === 0;
    step *= size;
  }
  return true;
}

/** Elements from the first to the last that a view reaches, both counted; 0 if it has none. */
export function spanOf(shape: readonly number[], stride: readonly number[]): number {
  let last = 0;
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return 0;
    last += (shape[i]! - 1) * stride[i]!;
  }
  return last + 1;
}

/** A view as equal runs of neighbouring elements, in row-major order. */
export interface RunPlan {
  /** Elements of a run. */
  readonly run: number;
  /** Sizes of the dimensions that count the runs. */
  readonly shape: readonly number[];
  /** Elements from one run to the next, along each of them. */
  readonly stride: readonly number[];
}

/** Plans a view: drops sizes of 1 and joins dimensions that step through memory as one. */
export function planRuns(shape: readonly number[], stride: readonly number[]): RunPlan {
  const sizes: number[] = [];
  const steps: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i]!;
    const step = stride[i]!;
    const outer = sizes.length - 1;
    if (size === 1) continue;
    if (outer >= 0 && steps[outer] === step * size) {
      sizes[outer] = sizes[outer]! * size;
      steps[outer] = step;
    } else {
      sizes.push(size);
      steps.push(step);
    }
  }
  let run = 1;
  if (steps.length > 0 && steps[steps.length - 1] === 1) {
    run = sizes.pop()!;
    steps.pop();
  }
  return { run, shape: sizes, stride: steps };
}

/** A position in a grid of so many sizes, moved on in row-major order. */
export class Odometer {
  /** How far each dimension has come. */
  readonly index: number[];
  /** Sum of index times stride. */
  position = 0;
  /** Whether every position has been seen. */
  done: boolean;
  private readonly shape: readonly number[];
  private readonly stride: readonly number[];

  /** Starts at the origin. */
  constructor(shape: readonly number[], stride: readonly number[]) {
    this.shape = shape;
    this.stride = stride;
    this.index = shape.map(() => 0);
    this.done = countElements(shape) === 0;
  }

  /** Goes to the next position, `step` further along the last dimension. */
  next(step = 1): void {
    const { shape, stride, index } = this;
    let dim = shape.length - 1;
    if (dim < 0) {
      this.done = true;
      return;
    }
    index[dim]! += step;
    this.position += step * stride[dim]!;
    while (index[dim]! >= shape[dim]!) {
      this.position -= index[dim]! * stride[dim]!;
      index[dim] = 0;
      if (--dim < 0) {
        this.done = true;
        return;
      }
      index[dim]!++;
      this.position += stride[dim]!;
    }
  }
}
