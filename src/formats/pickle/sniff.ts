/**
 * Which bytes begin a pickle.
 *
 * @module
 */

import { isStateDictError } from "../../errors.ts";
import { PickleMachine } from "../../pickle/machine.ts";
import { wrapperKind } from "../joblib/classes.ts";

/** Bytes that must run before those without a STOP count as a pickle: a few may run by chance. */
const ENOUGH = 12;

/** Whether bytes begin with PROTO, as pickles have since protocol 2. The protocol may be one to come. */
export function startsPickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && head[1]! <= 16;
}

/**
 * Whether the first bytes of a file of `size` bytes run as a pickle of protocol 0 or 1, which has
 * no mark at its beginning.
 */
export function runsAsPickle(head: Uint8Array<ArrayBuffer>, size: number): boolean {
  const machine = new PickleMachine({
    size,
    inlineAfter: (object) => wrapperKind(object) !== undefined,
  });
  try {
    const pause = machine.run(head, 0, head.length === size);
    return pause.kind !== "more" || (pause.at >= ENOUGH && hasNames(machine));
  } catch (error) {
    if (!isStateDictError(error)) throw error;
    // A pickle that was cut is still one, and says so better than a file that nobody knows.
    return error.code !== "corrupt" && (error.offset ?? 0) >= ENOUGH && hasNames(machine);
  }
}

/** Whether what runs as imports names something: a line of a program that begins with `c` doesn't. */
function hasNames({ effects }: PickleMachine): boolean {
  return effects.globals.every(({ global: { written } }) => !/[\s:;()]/.test(written));
}
