/**
 * Classes and functions in a pickle: names that Python resolves to the same object again.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { Op } from "./opcodes.ts";
import { toPython2, toPython3 } from "./python2_names.ts";
import type { NamePair } from "./python2_names.ts";
import type { PyGlobal } from "./values.ts";
import { writeString } from "./writer_scalars.ts";
import { memoize, recall } from "./writer_state.ts";
import type { Writer } from "./writer_state.ts";
import { encodeUtf8 } from "./writer_text.ts";

/** Whether one opcode names it: below protocol 4 a nested class takes a call of `getattr`. */
export function isPlainGlobal(w: Writer, global: PyGlobal): boolean {
  return w.protocol >= 4 || !global.name.includes(".");
}

/** Writes a {@linkcode isPlainGlobal plain} global, or fetches it from the memo. */
export function writeGlobal(w: Writer, global: PyGlobal): void {
  w.out.boundary();
  const index = w.memo.find(global);
  if (index !== undefined) return recall(w, index);
  if (w.protocol >= 4) {
    writeString(w, global.module);
    writeString(w, global.name);
    w.out.op(Op.STACK_GLOBAL);
  } else writeGlobalLines(w, Op.GLOBAL, global);
  memoize(w, global);
}

/** Writes GLOBAL or INST with the two lines that name a global. */
export function writeGlobalLines(w: Writer, opcode: number, global: PyGlobal): void {
  const [module, name] = spell(w.protocol, global);
  const text = `${module}\n${name}`;
  // Two lines hold no third; below protocol 3 they are ASCII.
  const broken = w.protocol < 3 ? /[^\0-\x7f]|\n[^]*\n/ : /\n[^]*\n|\p{Surrogate}/u;
  if (broken.test(text)) {
    throw new StateDictError(
      "unsupported",
      `The name ${JSON.stringify(global.fullName)} can't be written under protocol ${w.protocol}`,
      { hint: "write protocol 4 or higher" },
    );
  }
  w.out.line(opcode, encodeUtf8(text));
}

/**
 * The names to write. Readers rename what protocols 0 to 2 name, so the old names go in where they
 * come back as the new ones. CPython writes the old names also where they don't (`builtins.
 * ConnectionError` comes back as `OSError`); there the new ones are better.
 */
function spell(protocol: number, { module, name }: PyGlobal): NamePair {
  if (protocol >= 3) return [module, name];
  const old = toPython2(module, name);
  if (readsAs(old, module, name)) return old;
  if (readsAs([module, name], module, name)) return [module, name];
  throw new StateDictError(
    "unsupported",
    `Python would read ${module}.${name} as another name under protocol ${protocol}`,
    { hint: "write protocol 3 or higher" },
  );
}

function readsAs(written: NamePair, module: string, name: string): boolean {
  const [newModule, newName] = toPython3(written[0], written[1]);
  return newModule === module && newName === name;
}
