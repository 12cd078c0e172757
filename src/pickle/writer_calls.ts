/**
 * Objects that a call makes, persistent ids, and nested classes in a pickle.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyDict } from "./dict.ts";
import { Op } from "./opcodes.ts";
import { PyGlobal, PyTuple } from "./values.ts";
import type { PyObject, PyPersistent, PyValue } from "./values.ts";
import { writeAtom } from "./writer_atoms.ts";
import { enter, writeEntries, writeItems, writeReduce } from "./writer_containers.ts";
import { isPlainGlobal, writeGlobalLines } from "./writer_globals.ts";
import type { Work, Writer } from "./writer_state.ts";

const GETATTR = new PyGlobal("builtins", "getattr");
const NEWOBJ = new PyGlobal("copyreg", "__newobj__");
const NEWOBJ_EX = new PyGlobal("copyreg", "__newobj_ex__");

/** Writes an object: the call that makes it, then all that was done to it, in CPython's order. */
export function* writeObject(w: Writer, object: PyObject): Work {
  const made = yield* writeMaking(w, object);
  // An argument held the object: it is written whole already.
  if (!made) return;
  if (object.items) yield* writeItems(w, object.items);
  if (object.entries) yield* writeEntries(w, object.entries);
  for (const state of object.states ?? []) {
    if (!writeAtom(w, state)) yield state;
    w.out.op(Op.BUILD);
    const inline = w.options.inlineAfter?.(object);
    if (inline) w.out.inline(inline);
  }
  for (const call of object.setters ?? []) yield* writeSetter(w, object, call);
}

type Making = Generator<PyValue, boolean, void>;

function writeMaking(w: Writer, object: PyObject): Making {
  switch (object.form) {
    case "reduce":
      return writeReduce(w, object, object.callee, object.args);
    case "newobj":
      return writeNewObj(w, object);
    case "newobj-ex":
      return writeNewObjEx(w, object);
    case "instance":
      return writeInstance(w, object);
  }
}

/**
 * `cls.__new__(cls, *args)`. Protocols 0 and 1 have no opcode for it, and get a call that does the
 * same: CPython's `_reconstructor` would need to know the built-in class underneath.
 */
function* writeNewObj(w: Writer, object: PyObject): Making {
  const { callee, args } = object;
  if (w.protocol < 2) {
    return yield* writeReduce(w, object, NEWOBJ, new PyTuple([callee, ...args.items]));
  }
  if (!writeAtom(w, callee)) yield callee;
  if (!writeAtom(w, args)) yield args;
  w.out.op(Op.NEWOBJ);
  return enter(w, object);
}

/**
 * `cls.__new__(cls, *args, **kwargs)`. Below protocol 4 CPython calls a `functools.partial` of a
 * `getattr`, which scanners rightly flag; `copyreg` has a function that does just this.
 */
function* writeNewObjEx(w: Writer, object: PyObject): Making {
  const { callee, args } = object;
  const kwargs = object.kwargs ?? new PyDict();
  if (w.protocol < 4) {
    return yield* writeReduce(w, object, NEWOBJ_EX, new PyTuple([callee, args, kwargs]));
  }
  for (const part of [callee, args, kwargs]) if (!writeAtom(w, part)) yield part;
  w.out.op(Op.NEWOBJ_EX);
  return enter(w, object);
}

/** An instance as Python 2 wrote it. */
function* writeInstance(w: Writer, object: PyObject): Making {
  const { callee, args } = object;
  const named = w.protocol === 0 && callee instanceof PyGlobal && isPlainGlobal(w, callee);
  w.out.op(Op.MARK);
  if (!named && !writeAtom(w, callee)) yield callee;
  for (const arg of args.items) if (!writeAtom(w, arg)) yield arg;
  if (named) writeGlobalLines(w, Op.INST, callee);
  else w.out.op(Op.OBJ);
  return enter(w, object);
}

/** A call of a state setter, `setter(object, state)`, whose result is thrown away. */
function* writeSetter(w: Writer, object: PyObject, call: PyObject): Work {
  const { callee, args } = call;
  const [target, state] = args.items;
  if (!writeAtom(w, callee)) yield callee;
  if (args.items.length === 2 && target === object) {
    for (const part of [object, state!]) if (!writeAtom(w, part)) yield part;
    w.out.op(Op.TUPLE2);
  } else if (!writeAtom(w, args)) yield args;
  w.out.op(Op.REDUCE);
  w.out.op(Op.POP);
}

/** Writes a persistent id; the object itself lies elsewhere, so the memo never sees it. */
export function* writePersistent(w: Writer, value: PyPersistent): Work {
  const id = w.options.persistentId?.(value) ?? value.id;
  if (w.protocol > 0) {
    if (!writeAtom(w, id)) yield id;
    w.out.op(Op.BINPERSID);
  } else if (typeof id === "string" && !/[^\0-\x7f]|\n/.test(id)) w.out.line(Op.PERSID, id);
  else {
    throw new StateDictError("unsupported", "Protocol 0 writes persistent ids of ASCII text only", {
      hint: "write protocol 1 or higher",
    });
  }
}

/** Writes a class inside a class below protocol 4: `getattr(outer, "Inner")`. */
export function* writeNestedGlobal(w: Writer, global: PyGlobal): Work {
  const dot = global.name.lastIndexOf(".");
  const outer = new PyGlobal(global.module, global.name.slice(0, dot));
  const inner = global.name.slice(dot + 1);
  yield* writeReduce(w, global, GETATTR, new PyTuple([outer, inner]));
}
