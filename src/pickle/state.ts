/**
 * What an object's call and state say of it: its class, its arguments, its attributes.
 *
 * @module
 */

import { PyDict } from "./dict.ts";
import { PyExtension, PyGlobal, PyTuple } from "./values.ts";
import type { PyObject, PyValue } from "./values.ts";
import { PyView } from "./view.ts";

/** Which class made an object, and the arguments that say more than that. */
export function objectClass(
  object: PyObject,
): { readonly name: string; readonly args: readonly PyValue[] } {
  const args = object.args.items;
  const [cls, base] = args;
  if (object.form === "reduce" && cls !== undefined) {
    if (object.calleeName === "copyreg._reconstructor" && args.length === 3) {
      const plain = base instanceof PyGlobal && base.fullName === "builtins.object";
      return { name: calledName(cls), args: plain ? [] : args.slice(1) };
    }
    if (object.calleeName === "copyreg.__newobj__") {
      return { name: calledName(cls), args: args.slice(1) };
    }
  }
  return { name: calledName(object.callee), args };
}

/** The name of what is called, or `(call)` for what a call gives. */
function calledName(callee: PyValue): string {
  if (callee instanceof PyGlobal) return callee.fullName;
  return callee instanceof PyExtension ? `ext:${callee.code}` : "(call)";
}

/** The dicts that a state sets as attributes, or undefined for a state of another form. */
export function attributeDicts(
  state: PyValue,
  reduce: (value: PyValue) => PyValue,
): PyDict[] | undefined {
  const dictOf = (value: PyValue): PyDict | undefined => {
    if (value instanceof PyDict) return value;
    const view = reduce(value);
    return view instanceof PyView && view.kind === "collections.OrderedDict" && view.dict
      ? view.dict
      : undefined;
  };
  const whole = dictOf(state);
  if (whole) return [whole];
  if (!(state instanceof PyTuple) || state.items.length !== 2) return undefined;
  const dicts: PyDict[] = [];
  for (const part of state.items) {
    if (part instanceof PyDict) dicts.push(part);
    else if (part !== null) return undefined;
  }
  return dicts.length > 0 ? dicts : undefined;
}
