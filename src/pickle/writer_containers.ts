/**
 * Tuples, lists, dicts and sets in a pickle.
 *
 * Lists, dicts and sets enter the memo before they are filled, so that they can hold themselves. A
 * tuple can't: where it turns up in the memo after its parts were written, a part held it, and what
 * lies on the stack is thrown away for it.
 *
 * @module
 */

import type { PyDict, PySet } from "./dict.ts";
import { Op } from "./opcodes.ts";
import { PyGlobal, PyTuple } from "./values.ts";
import type { PyValue } from "./values.ts";
import { writeAtom } from "./writer_atoms.ts";
import { closeTuple, hasTupleOpcode, memoize, openTuple, recall } from "./writer_state.ts";
import type { Work, Writer } from "./writer_state.ts";

/** How many items CPython hands to one APPENDS, SETITEMS or ADDITEMS. */
const BATCH = 1000;

/** How a container is filled. */
interface Filling {
  /** Values to an item: 2 for dicts. */
  readonly width: number;
  /** The opcode for one item, if there is one. */
  readonly one?: number;
  /** The opcode for a batch. */
  readonly many: number;
  /** CPython's loop sees the end of a dict or set only in the batch after the last full one. */
  readonly endsLate?: boolean;
}

const LIST: Filling = { width: 1, one: Op.APPEND, many: Op.APPENDS };
const DICT: Filling = { width: 2, one: Op.SETITEM, many: Op.SETITEMS, endsLate: true };
const SET: Filling = { width: 1, many: Op.ADDITEMS, endsLate: true };

const MAKE_SET = new PyGlobal("builtins", "set");
const MAKE_FROZENSET = new PyGlobal("builtins", "frozenset");

/** Writes a tuple that isn't empty. */
export function* writeTuple(w: Writer, tuple: PyTuple): Work {
  const { items } = tuple;
  openTuple(w, items.length);
  for (const item of items) if (!writeAtom(w, item)) yield item;
  const index = w.memo.find(tuple);
  if (index === undefined) {
    closeTuple(w, items.length);
    memoize(w, tuple);
    return;
  }
  // Protocol 0 has no POP_MARK, and pops the mark like an item.
  const marked = !hasTupleOpcode(w, items.length);
  if (marked && w.protocol > 0) w.out.op(Op.POP_MARK);
  else for (let n = items.length + (marked ? 1 : 0); n > 0; n--) w.out.op(Op.POP);
  recall(w, index);
}

/** Writes a list. */
export function* writeList(w: Writer, items: readonly PyValue[]): Work {
  openContainer(w, Op.EMPTY_LIST, Op.LIST);
  memoize(w, items);
  yield* fill(w, items, LIST, w.protocol > 0);
}

/** Writes a dict. */
export function* writeDict(w: Writer, dict: PyDict): Work {
  openContainer(w, Op.EMPTY_DICT, Op.DICT);
  memoize(w, dict);
  yield* fill(w, dict.pairs(), DICT, w.protocol > 0);
}

/** Writes a set or frozenset. */
export function* writeSet(w: Writer, set: PySet): Work {
  const items = set.values();
  if (w.protocol < 4) {
    yield* writeReduce(w, set, set.frozen ? MAKE_FROZENSET : MAKE_SET, new PyTuple([items]));
  } else if (set.frozen) yield* writeFrozenset(w, set, items);
  else {
    w.out.op(Op.EMPTY_SET);
    memoize(w, set);
    yield* fill(w, items, SET, true);
  }
}

function* writeFrozenset(w: Writer, set: PySet, items: readonly PyValue[]): Work {
  w.out.op(Op.MARK);
  for (const item of items) if (!writeAtom(w, item)) yield item;
  const index = w.memo.find(set);
  if (index === undefined) {
    w.out.op(Op.FROZENSET);
    memoize(w, set);
  } else {
    w.out.op(Op.POP_MARK);
    recall(w, index);
  }
}

/**
 * Writes the call that makes `value`, and enters it in the memo; false if it turned up there
 * meanwhile, because an argument holds it: then all that may follow is written already.
 */
export function* writeReduce(
  w: Writer,
  value: object,
  callee: PyValue,
  args: PyTuple,
): Generator<PyValue, boolean, void> {
  if (!writeAtom(w, callee)) yield callee;
  if (!writeAtom(w, args)) yield args;
  w.out.op(Op.REDUCE);
  return enter(w, value);
}

/** Enters what a call made in the memo, or throws it away for what is there. */
export function enter(w: Writer, value: object): boolean {
  const index = w.memo.find(value);
  if (index === undefined) {
    memoize(w, value);
    return true;
  }
  w.out.op(Op.POP);
  recall(w, index);
  return false;
}

function openContainer(w: Writer, opcode: number, textOpcode: number): void {
  if (w.protocol > 0) w.out.op(opcode);
  else {
    w.out.op(Op.MARK);
    w.out.op(textOpcode);
  }
}

/** Appends items to the object on the stack, as CPython does for what comes from an iterator. */
export function writeItems(w: Writer, items: readonly PyValue[]): Work {
  return fill(w, items, LIST, false);
}

/** Sets entries of the object on the stack, as CPython does for what comes from an iterator. */
export function writeEntries(w: Writer, entries: PyDict): Work {
  return fill(w, entries.pairs(), DICT, false);
}

/** Fills the container on the stack; `exact` is CPython's way with a list, dict or set proper. */
function* fill(w: Writer, values: readonly PyValue[], how: Filling, exact: boolean): Work {
  const { length } = values;
  const { width, one, many } = how;
  const step = w.protocol === 0 ? width : BATCH * width;
  for (let from = 0; from < length; from += step) {
    const to = Math.min(from + step, length);
    const alone = one !== undefined && to - from === width && (!exact || length === width);
    if (!alone) w.out.op(Op.MARK);
    for (let i = from; i < to; i++) if (!writeAtom(w, values[i]!)) yield values[i]!;
    w.out.op(alone ? one : many);
  }
  if (exact && how.endsLate && length > 0 && length % step === 0) {
    w.out.op(Op.MARK);
    w.out.op(many);
  }
}
