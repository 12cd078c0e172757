/**
 * Python's dict and set, with Python's idea of which keys are equal.
 *
 * Both keep what the stream put in as one flat array and work out duplicates only when somebody
 * asks: building a `Map` for every dict costs a reader more than all its other opcodes together.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyBytes, PyFloat, PyGlobal, PyTuple } from "./values.ts";
import type { PyValue } from "./values.ts";

/** Parts a composite key may have in all: a tuple shared 60 levels deep would otherwise never end. */
const MAX_KEY_PARTS = 1000;

/**
 * Something that is equal (as a `Map` key) for two keys exactly when Python calls the keys equal:
 * `1`, `1.0` and `True` are one key, `"1"` another. Objects are their own identity.
 */
export function keyToken(key: PyValue): unknown {
  if (typeof key === "string") return key.startsWith(COMPOSITE) ? COMPOSITE + key : key;
  if (typeof key === "number") return key === key ? key : Symbol("nan");
  if (typeof key === "boolean") return key ? 1 : 0;
  if (key === null || typeof key === "bigint") return key;
  if (key instanceof PyFloat) return floatToken(key.value);
  if (key instanceof PyBytes || key instanceof PyTuple || key instanceof PyGlobal) {
    return compositeToken(key);
  }
  if (key instanceof PySet && key.frozen) return compositeToken(key);
  return key;
}

function floatToken(value: number): number | bigint {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return Number.isInteger(value) ? BigInt(value) : value;
}

/** Begins the token of a composite key; a plain string that begins so gets it twice. */
const COMPOSITE = "\0composite:";

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function compositeToken(key: PyValue): string {
  const parts: string[] = [];
  const work: PyValue[] = [key];
  const close = new PyTuple([]);
  while (work.length > 0) {
    if (parts.length > MAX_KEY_PARTS) {
      throw new StateDictError("limit", `A dict key has more than ${MAX_KEY_PARTS} parts`);
    }
    const part = work.pop()!;
    if (part === close) parts.push(")");
    else if (part instanceof PyTuple) {
      parts.push(`t${part.items.length}(`);
      work.push(close);
      for (let i = part.items.length - 1; i >= 0; i--) work.push(part.items[i]!);
    } else if (part instanceof PySet) {
      const tokens = part.values().map((item) => String(tokenText(item))).sort();
      parts.push(`f{${tokens.map((t) => `${t.length}:${t}`).join()}}`);
    } else parts.push(tokenText(part));
  }
  return COMPOSITE + parts.join();
}

function tokenText(part: PyValue): string {
  if (part instanceof PyBytes) {
    if (!part.data) return identity(part);
    let text = "b";
    for (const byte of part.data) text += String.fromCharCode(byte);
    return text.length + text;
  }
  if (part instanceof PyGlobal) return `g${part.fullName.length}:${part.fullName}`;
  if (part instanceof PyTuple || part instanceof PySet) return compositeToken(part);
  const token = keyToken(part);
  if (typeof token === "object" && token !== null) return identity(token);
  if (typeof token === "symbol") return `n${nextIdentity++}`;
  const text = String(token);
  return `${typeof token === "string" ? "s" : "i"}${text.length}:${text}`;
}

function identity(object: object): string {
  let id = identities.get(object);
  if (id === undefined) identities.set(object, id = nextIdentity++);
  return `o${id}`;
}

/** Whether Python can hash the value: lists, dicts, sets and bytearrays can't be keys. */
export function isHashable(key: PyValue): boolean {
  if (typeof key !== "object" || key === null) return true;
  if (Array.isArray(key) || key instanceof PyDict) return false;
  if (key instanceof PySet) return key.frozen;
  if (key instanceof PyBytes) return key.kind === "bytes" || key.kind === "readonly-buffer";
  if (key instanceof PyTuple) return hashableTuple(key);
  return true;
}

function hashableTuple(tuple: PyTuple): boolean {
  const seen = new Set<PyTuple>([tuple]);
  for (const current of seen) {
    for (const item of current.items) {
      if (item instanceof PyTuple) seen.add(item);
      else if (!isHashable(item)) return false;
    }
  }
  return true;
}

/** A dict: entries in order of first insertion; setting a key again keeps the first key object. */
export class PyDict {
  /** Keys and values in turn, as they came; may hold a key twice until {@linkcode pairs} is asked. */
  private flat: PyValue[];
  private index: Map<unknown, number> | null = null;
  private clean: number;

  /** Wraps keys and values in turn. */
  constructor(flat: PyValue[] = []) {
    this.flat = flat;
    this.clean = 0;
  }

  /** Adds keys and values in turn, as SETITEMS does. */
  append(more: PyValue[]): void {
    if (this.flat.length === 0) this.flat = more;
    else for (let i = 0; i < more.length; i++) this.flat.push(more[i]!);
  }

  /** Sets one entry. */
  set(key: PyValue, value: PyValue): this {
    this.flat.push(key, value);
    return this;
  }

  /** The value of a key, or undefined. */
  get(key: PyValue): PyValue | undefined {
    const at = this.settle().get(keyToken(key));
    return at === undefined ? undefined : this.flat[at + 1];
  }

  /** Whether the key is there. */
  has(key: PyValue): boolean {
    return this.settle().has(keyToken(key));
  }

  /** Entries in all. */
  get size(): number {
    return this.pairs().length / 2;
  }

  /** Keys and values in turn, each key once. Not to be changed. */
  pairs(): readonly PyValue[] {
    // A million empty dicts fit a small file; a million indexes take 400 MB.
    if (this.flat.length > 0) this.settle();
    return this.flat;
  }

  /** Keys and values in turn as they were set, also those that were set again. Not to be changed. */
  writtenPairs(): readonly PyValue[] {
    return this.flat;
  }

  /** The entries, one `[key, value]` at a time. */
  *[Symbol.iterator](): Generator<[PyValue, PyValue]> {
    const flat = this.pairs();
    for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!];
  }

  /** Indexes what came since the last look, and folds keys that were set again. */
  private settle(): Map<unknown, number> {
    const index = this.index ??= new Map();
    const { flat } = this;
    if (this.clean === flat.length) return index;
    let to = this.clean;
    for (let from = this.clean; from < flat.length; from += 2) {
      const token = keyToken(flat[from]!);
      const known = index.get(token);
      if (known !== undefined) flat[known + 1] = flat[from + 1]!;
      else {
        index.set(token, to);
        flat[to] = flat[from]!;
        flat[to + 1] = flat[from + 1]!;
        to += 2;
      }
    }
    flat.length = to;
    this.clean = to;
    return index;
  }
}

/** A set or frozenset, in the order of first insertion. */
export class PySet {
  /** Whether it is a frozenset. */
  readonly frozen: boolean;
  private readonly dict: PyDict;

  /** Wraps the members; equal ones fold into the first. */
  constructor(items: readonly PyValue[] = [], frozen = false) {
    this.frozen = frozen;
    this.dict = new PyDict();
    this.add(items);
  }

  /** Adds members. */
  add(items: readonly PyValue[]): void {
    for (const item of items) this.dict.set(item, null);
  }

  /** Whether the member is there. */
  has(item: PyValue): boolean {
    return this.dict.has(item);
  }

  /** Members in all. */
  get size(): number {
    return this.dict.size;
  }

  /** The members. */
  values(): PyValue[] {
    return this.dict.pairs().filter((_, i) => i % 2 === 0);
  }
}
