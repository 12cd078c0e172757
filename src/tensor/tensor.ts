/**
 * A tensor: what its elements are and where they lie. Its bytes are read when somebody asks.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyForeign } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import type { MaterializeOptions } from "./bytes.ts";
import { checkReach, checkView, packedBytes } from "./check.ts";
import type { ChunkOptions } from "./chunks.ts";
import type { DType } from "./dtype.ts";
import type { TensorData } from "./materialize.ts";
import { loadStorage } from "./storage.ts";
import type { Storage } from "./storage.ts";
import { contiguousStrides, countElements, isColumnMajor, isRowMajor } from "./strides.ts";
import type { TensorJS } from "./to_js.ts";

/**
 * How the elements are held.
 *
 * - `strided`: in a storage, or nowhere (the meta device), or as Python objects.
 * - `quantized`: integers in a storage; `details` and `parts` say what numbers they stand for.
 * - the others have no storage of their own: `parts` holds the tensors that make them up.
 */
export type TensorLayout =
  | "strided"
  | "quantized"
  | "sparse_coo"
  | "sparse_csr"
  | "sparse_csc"
  | "sparse_bsr"
  | "sparse_bsc"
  | "nested_strided"
  | "nested_jagged"
  | "dtensor"
  | "wrapper";

/** The code that turns loaded bytes into elements. It comes with the bytes: a listing needs none. */
export interface ElementCode {
  /** Behind {@linkcode Tensor.bytes}. */
  readonly bytes: (tensor: Tensor, options?: MaterializeOptions) => Uint8Array<ArrayBuffer>;
  /** Behind {@linkcode Tensor.data}. */
  readonly data: (tensor: Tensor) => TensorData;
  /** Behind {@linkcode Tensor.toFloat32}. */
  readonly float32: (tensor: Tensor, options?: MaterializeOptions) => Float32Array<ArrayBuffer>;
  /** Behind {@linkcode Tensor.toJS}. */
  readonly js: (tensor: Tensor, options?: MaterializeOptions) => TensorJS;
}

let elementCode: ElementCode | undefined;

/** Makes elements available without a load, for storages that are in memory from the start. */
export function provideElements(code: ElementCode): void {
  elementCode = code;
}

function elements(): ElementCode {
  if (elementCode) return elementCode;
  throw new StateDictError("not-loaded", "The tensor's bytes are still in the file", {
    hint: "await tensor.load() first",
  });
}

/** What a tensor is made of; `dtype` and `shape` are enough for a meta tensor. */
export interface TensorInit {
  /** The elements' type. */
  readonly dtype: DType;
  /** Sizes; empty for nested tensors, which have none. */
  readonly shape: readonly number[];
  /** Strides in elements; row-major ones if left out. */
  readonly stride?: readonly number[];
  /** First element in the storage. */
  readonly offset?: number;
  /** What holds the elements. */
  readonly storage?: Storage | null;
  /** How they are held. */
  readonly layout?: TensorLayout;
  /** The tensors that make it up, by what they are to it. */
  readonly parts?: Map<string, Tensor>;
  /** The facts of its layout. */
  readonly details?: Map<string, PyValue>;
  /** The Python objects of an object array, in row-major order. */
  readonly elements?: PyValue[];
  /** How errors call it. */
  readonly name?: string;
}

/** A tensor or array of a file. One object stands for one object of the file. */
export class Tensor extends PyForeign {
  /** The elements' type. */
  readonly dtype: DType;
  /** Sizes; empty for a number and for nested tensors. */
  readonly shape: readonly number[];
  /** Elements from one to the next along each dimension. */
  readonly stride: readonly number[];
  /** First element in the storage, counted in elements. */
  readonly offset: number;
  /** What holds the elements; null if they are on the meta device, objects, or made up of parts. */
  readonly storage: Storage | null;
  /** How they are held. */
  readonly layout: TensorLayout;
  /** Whether it is an `nn.Parameter`. */
  parameter = false;
  /** torch's `requires_grad`. */
  requiresGrad = false;
  /** torch's lazy conjugate bit: the numbers are the conjugates of the stored ones. */
  conj = false;
  /** torch's lazy negative bit: the numbers are the negatives of the stored ones. */
  neg = false;
  /** Where it was, if the file says so apart from the storage: `meta`, `xla:0`. */
  device: string | null = null;
  /** Its class, if it isn't the format's plain one. */
  className: string | null = null;
  /** What Python code hung on it: its attributes, or the state of its class. */
  state: PyValue | undefined = undefined;
  /**
   * The tensors that make it up: `indices` and `values`, `crow_indices` …, `scales` and
   * `zero_points`, `buffer` `sizes` `strides` `offsets`, `local`.
   */
  readonly parts: Map<string, Tensor> | null;
  /** The facts of its layout: `qscheme`, `scale`, `zero_point`, `axis`, `coalesced`, `placements` … */
  readonly details: Map<string, PyValue> | null;
  /** The Python objects of an object array, in row-major order. */
  readonly elements: PyValue[] | null;

  /**
   * Describes a tensor; nothing is read.
   *
   * @throws `corrupt` if sizes, strides or offset can't be, or reach beyond the storage.
   */
  constructor(init: TensorInit) {
    super();
    this.dtype = init.dtype;
    this.shape = init.shape;
    this.stride = init.stride ?? contiguousStrides(init.shape);
    this.offset = init.offset ?? 0;
    this.storage = init.storage ?? null;
    this.layout = init.layout ?? "strided";
    this.parts = init.parts ?? null;
    this.details = init.details ?? null;
    this.elements = init.elements ?? null;
    checkView(this, init.name);
    if (this.storage) checkReach(this, this.storage, init.name);
    if (this.elements && this.elements.length !== this.numel) {
      throw new StateDictError(
        "corrupt",
        `An object array of ${this.numel} elements comes with ${this.elements.length}`,
      );
    }
  }

  /** Elements in all. */
  get numel(): number {
    return countElements(this.shape);
  }

  /** Bytes of the elements without gaps; of a tensor made up of parts, theirs together. */
  get nbytes(): number {
    if (this.isComposite) {
      let total = 0;
      for (const leaf of leaves(this)) total += leaf.nbytes;
      return total;
    }
    const { dtype } = this;
    if (dtype.objects) return 0;
    return dtype.bits < 8 ? packedBytes(dtype, this.shape) : this.numel * dtype.itemsize;
  }

  /** Whether it has no elements of its own, only parts. */
  get isComposite(): boolean {
    return this.layout !== "strided" && this.layout !== "quantized";
  }

  /** Whether the elements lie in row-major order without gaps. */
  get isContiguous(): boolean {
    return isRowMajor(this.shape, this.stride);
  }

  /** numpy's word for how the elements lie: row-major `C`, column-major `F`, neither `K`. */
  get order(): "C" | "F" | "K" {
    if (this.isContiguous) return "C";
    return isColumnMajor(this.shape, this.stride) ? "F" : "K";
  }

  /** Whether {@linkcode data} and the like can answer. */
  get isLoaded(): boolean {
    for (const leaf of leaves(this)) {
      if (leaf.storage && leaf.storage.bytes === null) return false;
    }
    return true;
  }

  /** Loads the storage, and those of the parts. Tensors over one storage share the load. */
  async load(signal?: AbortSignal): Promise<this> {
    elementCode ??= (await import("./elements.ts")).ELEMENTS;
    for (const tensor of withParts(this)) {
      if (tensor.storage && !tensor.storage.bytes) await loadStorage(tensor.storage, signal);
    }
    return this;
  }

  /**
   * The elements as bytes, row-major and little-endian, in blocks, without loading the storage. A
   * block is good until the next one is asked for, and not to be changed.
   */
  async *chunks(options?: ChunkOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const { tensorChunks } = await import("./chunks.ts");
    yield* tensorChunks(this, options);
  }

  /** The loaded elements as bytes, row-major and little-endian: the storage's own where it can be. */
  bytes(options?: MaterializeOptions): Uint8Array<ArrayBuffer> {
    return elements().bytes(this, options);
  }

  /**
   * The loaded elements as the typed array that fits: the storage's own memory where it can be.
   *
   * `float16` is a `Float16Array` where the runtime has one, else the codes in a `Uint16Array`;
   * `bfloat16` the codes; a complex number two elements; 64-bit integers bigints; a quantized
   * number its integer; what has no typed array, and packed elements, the bytes.
   */
  get data(): TensorData {
    return elements().data(this);
  }

  /** The loaded elements as float32, row-major; quantized ones as the numbers they stand for. */
  toFloat32(options?: MaterializeOptions): Float32Array<ArrayBuffer> {
    return elements().float32(this, options);
  }

  /** The loaded elements as nested arrays, or the bare element of a 0-dimensional tensor. */
  toJS(options?: MaterializeOptions): TensorJS {
    return elements().js(this, options);
  }
}

/** A tensor and the parts it is made of, each once; parts may have parts. */
export function withParts(tensor: Tensor): Set<Tensor> {
  const found = new Set<Tensor>([tensor]);
  // A set hands out what is added while it is walked.
  for (const one of found) {
    if (one.parts) { for (const part of one.parts.values()) found.add(part); }
  }
  return found;
}

function leaves(tensor: Tensor): Tensor[] {
  return [...withParts(tensor)].filter((one) => !one.isComposite);
}
