/**
 * What a pickle holds, as plain data: everything Python would see, and nothing that acts.
 *
 * | Python | here |
 * | --- | --- |
 * | `None`, `bool`, `str` | `null`, `boolean`, `string` (lone surrogates kept) |
 * | `int` | `number` within ±(2^53-1), else `bigint` |
 * | `float` | `number` if it isn't whole, else {@linkcode PyFloat}: `1.0` is not `1` |
 * | `list` | `Array` |
 * | `tuple`, `dict`, `set`, `frozenset`, `bytes`, `bytearray` | the classes below |
 * | a class or function | {@linkcode PyGlobal}: its name |
 * | anything that a call makes | {@linkcode PyObject}: the callee's name, its arguments, its state |
 *
 * One object reached twice is one object here too, so sharing and cycles survive.
 *
 * @module
 */

import type { ByteSource } from "../io/source.ts";
import type { PyDict, PySet } from "./dict.ts";

/** Any value of a pickle. */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyValue[]
  | PyFloat
  | PyBytes
  | PyTuple
  | PyDict
  | PySet
  | PyGlobal
  | PyObject
  | PyPersistent
  | PyExtension
  | PyForeign;

/** A float whose value is whole (or -0): the number alone would read as an int. */
export class PyFloat {
  /** The number. */
  readonly value: number;
  /** Wraps a whole float. */
  constructor(value: number) {
    this.value = value;
  }
}

/** A float in the value model: bare where it can't be mistaken for an int. */
export function pyFloat(value: number): number | PyFloat {
  return Number.isInteger(value) ? new PyFloat(value) : value;
}

/** An int in the value model: a number where that is exact, else a bigint. */
export function pyInt(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value;
}

/**
 * `bytes`, `bytearray`, or a buffer of protocol 5. Long payloads of a file stay in the file:
 * `data` is then null and `span` says where they lie.
 */
export class PyBytes {
  /** Which of Python's types. `buffer` is an out-of-band buffer that may be written to. */
  kind: "bytes" | "bytearray" | "buffer" | "readonly-buffer";
  /** The bytes, if they are in memory. */
  data: Uint8Array<ArrayBuffer> | null;
  /** Where they lie in the stream that the pickle came from, if they are not. */
  readonly span: ByteSpan | null;
  /** Makes bytes from memory or from a place in the stream. */
  constructor(
    kind: PyBytes["kind"],
    data: Uint8Array<ArrayBuffer> | null,
    span: ByteSpan | null = null,
  ) {
    this.kind = kind;
    this.data = data;
    this.span = span;
  }
  /** Bytes in all. */
  get length(): number {
    return this.data ? this.data.length : this.span!.length;
  }
}

/** A run of bytes in a pickle's stream, or in a file beside it. */
export interface ByteSpan {
  /** First byte, counted from the source's start. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** What holds them; absent where only the caller knows the stream. */
  readonly source?: ByteSource;
}

/** A tuple. */
export class PyTuple {
  /** The parts. */
  readonly items: PyValue[];
  /** Wraps the parts. */
  constructor(items: PyValue[]) {
    this.items = items;
  }
}

/** A class or function, by name only. */
export class PyGlobal {
  /** The module, after Python's renaming of Python 2 modules where that applies. */
  readonly module: string;
  /** The qualified name in it. */
  readonly name: string;
  /** `module.name` as the file spells it. */
  readonly written: string;
  /** Names a global. */
  constructor(module: string, name: string, written = `${module}.${name}`) {
    this.module = module;
    this.name = name;
    this.written = written;
  }
  /** `module.name`, as Python 3 knows it. */
  get fullName(): string {
    return `${this.module}.${this.name}`;
  }
}

/** How a {@linkcode PyObject} is made: by a call, by `cls.__new__`, or by the old instance opcodes. */
export type PyObjectForm = "reduce" | "newobj" | "newobj-ex" | "instance";

/** The result of a call that nobody made: the callee, what it was given, and what was done to it since. */
export class PyObject {
  /** How Python would make it. */
  readonly form: PyObjectForm;
  /** What would be called: a {@linkcode PyGlobal}, unless the stream computes it. */
  readonly callee: PyValue;
  /** Positional arguments. */
  readonly args: PyTuple;
  /** Keyword arguments of `__new__`; only with the form `newobj-ex`. */
  kwargs: PyDict | null = null;
  /** The states BUILD gave it, in order; nearly always none or one. */
  states: PyValue[] | null = null;
  /** What APPEND(S) and ADDITEMS added. */
  items: PyValue[] | null = null;
  /** What SETITEM(S) set. */
  entries: PyDict | null = null;
  /** Calls of a state setter, `setter(object, state)`: their results are thrown away by the stream. */
  setters: PyObject[] | null = null;
  /** A call node. */
  constructor(form: PyObjectForm, callee: PyValue, args: PyTuple) {
    this.form = form;
    this.callee = callee;
    this.args = args;
  }
  /** `module.name` of the callee as Python 3 knows it, or `""` if the stream computes it. */
  get calleeName(): string {
    return this.callee instanceof PyGlobal ? this.callee.fullName : "";
  }
  /** The state of the last BUILD. */
  get state(): PyValue | undefined {
    return this.states?.[this.states.length - 1];
  }
}

/** A persistent id: an object that lives outside the pickle, such as a torch storage. */
export class PyPersistent {
  /** What names it. */
  readonly id: PyValue;
  /** Wraps the id. */
  constructor(id: PyValue) {
    this.id = id;
  }
}

/** A class known by its extension code only; which one depends on the process that reads. */
export class PyExtension {
  /** The code of `copyreg.add_extension`. */
  readonly code: number;
  /** Wraps the code. */
  constructor(code: number) {
    this.code = code;
  }
}

/**
 * A value of a room above, such as a tensor, standing in the graph. The pickle writer asks its
 * caller how to write one.
 */
export abstract class PyForeign {
}
