/**
 * Writes values as a pickle, in any protocol.
 *
 * For plain data the bytes are those of CPython's own pickler. Two deviations: strings that are
 * equal are one object here, and names that CPython's renaming for Python 2 would spoil are left
 * as they are.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyDict, PySet } from "./dict.ts";
import { Op } from "./opcodes.ts";
import { PyForeign, PyGlobal, PyObject, PyPersistent, PyTuple } from "./values.ts";
import type { PyValue } from "./values.ts";
import { writeAtom } from "./writer_atoms.ts";
import { writeNestedGlobal, writeObject, writePersistent } from "./writer_calls.ts";
import { writeDict, writeList, writeSet, writeTuple } from "./writer_containers.ts";
import type { PickleChunk } from "./writer_output.ts";
import { makeWriter } from "./writer_state.ts";
import type { Work, WriteOptions, Writer } from "./writer_state.ts";

export type { PickleChunk } from "./writer_output.ts";
export type { WriteOptions } from "./writer_state.ts";

/**
 * Values open at once. As many as the reader's marks; a tuple that holds itself without a list or
 * dict in between, which Python can't make and no pickle can spell, ends here too.
 */
const MAX_DEPTH = 1_000_000;

/**
 * Writes `root` as a pickle, in pieces.
 *
 * Nothing recurses, so depth is no limit. Payloads of 64 KiB and more are handed on as they are,
 * not copied.
 */
export function writePickle(root: PyValue, options: WriteOptions = {}): PickleChunk[] {
  const w = makeWriter(options);
  if (w.protocol >= 2) w.out.op1(Op.PROTO, w.protocol);
  if (w.protocol >= 4) w.out.startFraming();
  if (!writeAtom(w, root)) run(w, root);
  w.out.op(Op.STOP);
  return w.out.finish();
}

/** Writes `root` as a pickle in one array. */
export function pickleBytes(root: PyValue, options: WriteOptions = {}): Uint8Array<ArrayBuffer> {
  const chunks = writePickle(root, options);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) {
      throw new StateDictError("not-loaded", `${chunk.length} bytes are still in the file`, {
        offset: chunk.offset,
        hint: "give the writer resolveBytes",
      });
    }
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Writes a value and all that hangs on it, depth first, with a stack of its own. */
function run(w: Writer, root: PyValue): void {
  const stack = [open(w, root)];
  while (stack.length > 0) {
    const step = stack[stack.length - 1]!.next();
    if (step.done) stack.pop();
    else if (stack.push(open(w, step.value)) > MAX_DEPTH) throw tooDeep();
  }
}

function tooDeep(): StateDictError {
  return new StateDictError(
    "limit",
    `The value is nested more than ${MAX_DEPTH} levels deep, or holds itself as no pickle can`,
  );
}

/** The work of a value with parts. */
function open(w: Writer, value: PyValue): Work {
  if (value instanceof PyForeign) return open(w, w.memo.standFor(value, w.options));
  if (value instanceof PyObject && w.options.substitute) {
    const other = w.options.substitute(value);
    if (other !== value) return open(w, other);
  }
  if (Array.isArray(value)) return writeList(w, value);
  if (value instanceof PyTuple) return writeTuple(w, value);
  if (value instanceof PyDict) return writeDict(w, value);
  if (value instanceof PyObject) return writeObject(w, value);
  if (value instanceof PySet) return writeSet(w, value);
  if (value instanceof PyPersistent) return writePersistent(w, value);
  if (value instanceof PyGlobal) return writeNestedGlobal(w, value);
  throw new StateDictError("usage", `${Object.prototype.toString.call(value)} can't be pickled`, {
    hint: "turn it into Python's types first",
  });
}
