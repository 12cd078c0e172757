/**
 * Values that a pickle writer gets out at once: those without parts, and those it wrote before.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { Op } from "./opcodes.ts";
import { PyBytes, PyExtension, PyFloat, PyForeign, PyGlobal, PyObject, PyTuple } from "./values.ts";
import type { PyValue } from "./values.ts";
import { writeBytes } from "./writer_bytes.ts";
import { isPlainGlobal, writeGlobal } from "./writer_globals.ts";
import { writeBool, writeExtension, writeFloat, writeInt, writeString } from "./writer_scalars.ts";
import { closeTuple, openTuple, recall } from "./writer_state.ts";
import type { Writer } from "./writer_state.ts";

/**
 * Writes a value that has no parts, or one that is in the memo, and says whether it did. False
 * means that nothing was written: the value takes work of its own.
 */
export function writeAtom(w: Writer, value: PyValue): boolean {
  w.out.boundary();
  switch (typeof value) {
    case "string":
      writeString(w, value);
      return true;
    case "number":
      if (Number.isInteger(value)) writeInt(w, value);
      else writeFloat(w, value);
      return true;
    case "boolean":
      writeBool(w, value);
      return true;
    case "bigint":
      writeInt(w, value);
      return true;
    case "object":
      if (value !== null) return writeObjectAtom(w, value);
      w.out.op(Op.NONE);
      return true;
    default:
      throw new StateDictError("usage", `A value of type ${typeof value} can't be pickled`);
  }
}

function writeObjectAtom(w: Writer, value: PyValue & object): boolean {
  if (value instanceof PyForeign) return writeAtom(w, w.memo.standFor(value, w.options));
  if (value instanceof PyObject && w.options.substitute) {
    const other = w.options.substitute(value);
    if (other !== value) return writeAtom(w, other);
  }
  const index = w.memo.find(value);
  if (index !== undefined) recall(w, index);
  else if (value instanceof PyFloat) writeFloat(w, value.value);
  else if (value instanceof PyTuple && value.items.length === 0) writeEmptyTuple(w);
  else if (value instanceof PyBytes) writeBytes(w, value);
  else if (value instanceof PyGlobal && isPlainGlobal(w, value)) writeGlobal(w, value);
  else if (value instanceof PyExtension) writeExtension(w, value.code);
  else return false;
  return true;
}

function writeEmptyTuple(w: Writer): void {
  openTuple(w, 0);
  closeTuple(w, 0);
}
