/**
 * What the parts of the pickle writer share: the protocol, the output, the memo, the caller's wishes.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { Op } from "./opcodes.ts";
import { PyForeign, PyGlobal } from "./values.ts";
import type { ByteSpan, PyBytes, PyObject, PyPersistent, PyValue } from "./values.ts";
import { PickleOutput } from "./writer_output.ts";
import type { PickleChunk } from "./writer_output.ts";

/** How a pickle is written. */
export interface WriteOptions {
  /** 0 to 5. The default is 2, the one that torch writes and its `weights_only` reader takes. */
  readonly protocol?: number;
  /** What stands in the pickle for a value of a room above: mostly a {@linkcode PyObject}. */
  readonly reduce?: (value: PyForeign) => PyValue;
  /** Whether to ask `reduce` anew each time a value is met: joblib knows no shared arrays. */
  readonly unshared?: boolean;
  /** What is written in a call node's place; the node itself if nothing is. */
  readonly substitute?: (node: PyObject) => PyValue;
  /** Bytes that aren't opcodes and follow an object's BUILD, as joblib has them. */
  readonly inlineAfter?: (object: PyObject) => PickleChunk | undefined;
  /** The id to write for a persistent object, where it isn't the one that was read. */
  readonly persistentId?: (value: PyPersistent) => PyValue;
  /**
   * The bytes of a payload that still lies in the file. Without it such a payload becomes a chunk
   * that says where it lies, which the protocols below 3 can't have.
   */
  readonly resolveBytes?: (span: ByteSpan) => Uint8Array<ArrayBuffer>;
  /**
   * Takes a buffer out of band, as `buffer_callback` of Python's pickler does (protocol 5). A
   * buffer for which it returns false is written in band, as all are without it.
   */
  readonly buffer?: (value: PyBytes) => boolean;
}

/** A writer at work. */
export interface Writer {
  /** 0 to 5. */
  readonly protocol: number;
  /** The bytes so far. */
  readonly out: PickleOutput;
  /** The objects so far. */
  readonly memo: WriterMemo;
  /** What the caller asked for. */
  readonly options: WriteOptions;
}

/** A value being written: yields each part that takes work of its own, and goes on when it is out. */
export type Work = Generator<PyValue, void, void>;

/** Starts a writer. */
export function makeWriter(options: WriteOptions): Writer {
  const { protocol = 2 } = options;
  if (!Number.isInteger(protocol) || protocol < 0 || protocol > 5) {
    throw new StateDictError("usage", `There is no pickle protocol ${protocol}`, {
      hint: "protocols are 0 to 5",
    });
  }
  return { protocol, options, out: new PickleOutput(), memo: new WriterMemo() };
}

/**
 * Which objects are in the pickle already, and under which index.
 *
 * Objects are known by identity, strings and globals by value: Python has one object for each
 * global, and its attribute names and most dict keys are interned.
 */
export class WriterMemo {
  /** Objects so far; the next one's index. */
  size = 0;
  private readonly objects = new Map<object, number>();
  private readonly texts = new Map<string, number>();
  private readonly globals = new Map<string, Map<string, number>>();
  private readonly stands = new Map<PyForeign, PyValue>();

  /** The index of a value, or undefined. */
  find(value: string | object): number | undefined {
    if (typeof value === "string") return this.texts.get(value);
    if (value instanceof PyGlobal) return this.globals.get(value.module)?.get(value.name);
    return this.objects.get(value);
  }

  /** Enters a value and returns its index. */
  add(value: string | object): number {
    const index = this.size++;
    if (typeof value === "string") this.texts.set(value, index);
    else if (value instanceof PyGlobal) {
      const names = this.globals.get(value.module) ?? new Map<string, number>();
      this.globals.set(value.module, names.set(value.name, index));
    } else this.objects.set(value, index);
    return index;
  }

  /** What stands for a foreign value: asked for once, so that it stays one object, unless `unshared`. */
  standFor(value: PyForeign, { reduce, unshared }: WriteOptions): PyValue {
    let stand = unshared ? undefined : this.stands.get(value);
    if (stand === undefined) {
      if (!reduce) {
        throw new StateDictError(
          "unsupported",
          `A ${value.constructor.name} can't be pickled here`,
          {
            hint: "give the writer a reduce function",
          },
        );
      }
      stand = reduce(value);
      if (stand instanceof PyForeign) {
        throw new StateDictError("usage", "The reduce function gave another foreign value");
      }
      this.stands.set(value, stand);
    }
    return stand;
  }
}

/** Stores the top of the reader's stack in its memo, as `value`; without one, as a passing object. */
export function memoize(w: Writer, value?: string | object): void {
  const index = value === undefined ? w.memo.size++ : w.memo.add(value);
  if (w.protocol >= 4) w.out.op(Op.MEMOIZE);
  else if (w.protocol === 0) w.out.line(Op.PUT, String(index));
  else if (index < 0x100) w.out.op1(Op.BINPUT, index);
  else w.out.op4(Op.LONG_BINPUT, index);
}

/** Fetches a value from the reader's memo. */
export function recall(w: Writer, index: number): void {
  if (w.protocol === 0) w.out.line(Op.GET, String(index));
  else if (index < 0x100) w.out.op1(Op.BINGET, index);
  else w.out.op4(Op.LONG_BINGET, index);
}

/** Opens a tuple of `length` parts, which are to be written next. */
export function openTuple(w: Writer, length: number): void {
  if (!hasTupleOpcode(w, length)) w.out.op(Op.MARK);
}

/** Makes a tuple of the parts written since {@linkcode openTuple}. */
export function closeTuple(w: Writer, length: number): void {
  w.out.op(hasTupleOpcode(w, length) ? COUNTED_TUPLES[length]! : Op.TUPLE);
}

const COUNTED_TUPLES = [Op.EMPTY_TUPLE, Op.TUPLE1, Op.TUPLE2, Op.TUPLE3] as const;

/** Whether there is an opcode for a tuple of just this length, which takes no mark. */
export function hasTupleOpcode(w: Writer, length: number): boolean {
  return length === 0 ? w.protocol > 0 : length <= 3 && w.protocol >= 2;
}
