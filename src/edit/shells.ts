/**
 * Containers made anew: first empty, so that cycles can point at them, then filled.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyDict } from "../pickle/dict.ts";
import { attributeDicts, objectClass } from "../pickle/state.ts";
import { PyObject, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyView } from "../pickle/view.ts";

/** What a container keeps: its old place among the parts, its name, its value. */
export interface Part {
  /** Place among the parts of the container as it was; -1 for one that comes from elsewhere. */
  readonly index: number;
  /** Path component. */
  readonly component: string;
  /** The value. */
  readonly value: PyValue;
  /** Whether the component isn't the one that it had. */
  readonly renamed: boolean;
}

/** Whether entries of any name can be put into the container. */
export function canHoldNames(reduced: PyValue): boolean {
  return reduced instanceof PyDict || (reduced instanceof PyView && reduced.shape === "dict");
}

/** An empty container of the same kind. */
export function makeShell(value: PyValue, reduced: PyValue): PyValue {
  if (Array.isArray(value)) return [];
  if (value instanceof PyTuple) return new PyTuple([]);
  if (value instanceof PyDict) return new PyDict();
  if (value instanceof PyObject) {
    // An OrderedDict or Counter may have been given its items as an argument: they come back as
    // entries, which every reader takes as well.
    const filled = reduced instanceof PyView && reduced.shape !== "object";
    const keeps = !filled || value.calleeName === "collections.defaultdict";
    return new PyObject(value.form, value.callee, new PyTuple(keeps ? [...value.args.items] : []));
  }
  return value;
}

/** Fills a shell with what is kept of the container. */
export function fillShell(
  shell: PyValue,
  value: PyValue,
  reduced: PyValue,
  parts: readonly Part[],
  reduce: (value: PyValue) => PyValue,
): void {
  if (Array.isArray(shell)) { for (const part of parts) shell.push(part.value); }
  else if (shell instanceof PyTuple) { for (const part of parts) shell.items.push(part.value); }
  else if (shell instanceof PyDict) fillDict(shell, value as PyDict, parts, 0);
  else if (shell instanceof PyObject && value instanceof PyObject) {
    if (reduced instanceof PyView && reduced.shape !== "object") {
      fillView(shell, value, reduced, parts);
    } else fillObject(shell, value, parts, reduce);
  }
}

/** Keeps the key objects of parts that keep their names: a key may be an int or a tuple. */
function fillDict(shell: PyDict, old: PyDict, parts: readonly Part[], first: number): void {
  const flat = old.pairs();
  for (const { index, component, value, renamed } of parts) {
    shell.set(renamed || index < 0 ? component : flat[2 * (index - first)]!, value);
  }
}

function fillView(shell: PyObject, old: PyObject, view: PyView, parts: readonly Part[]): void {
  const listed = view.list?.length ?? 0;
  const own = parts.filter(({ index }) => index < listed + (view.dict?.size ?? 0));
  if (view.list) shell.items = own.map((part) => part.value);
  if (view.dict) {
    shell.entries = new PyDict();
    fillDict(shell.entries, view.dict, own, listed);
  }
  shell.states = old.states;
  shell.setters = old.setters;
}

/** An object keeps its arguments; attributes, items and entries go by what is kept. */
function fillObject(
  shell: PyObject,
  old: PyObject,
  parts: readonly Part[],
  reduce: (value: PyValue) => PyValue,
): void {
  const kept = new Map(parts.map((part) => [part.index, part]));
  const shown = objectClass(old).args.length;
  let index = shown + (old.kwargs?.size ?? 0);
  for (let i = 0; i < index; i++) {
    const part = kept.get(i);
    if (part && !part.renamed) continue;
    throw new StateDictError(
      "usage",
      `An argument of ${objectClass(old).name} can't be taken away`,
      {
        hint: "drop the whole object",
      },
    );
  }
  const hidden = old.args.items.length - shown;
  for (let i = 0; i < shown; i++) shell.args.items[hidden + i] = kept.get(i)!.value;
  const pick = (dict: PyDict): PyDict => {
    const picked = new PyDict();
    for (const [key] of dict) {
      const part = kept.get(index++);
      if (part) picked.set(part.renamed ? part.component : key, part.value);
    }
    return picked;
  };
  shell.kwargs = old.kwargs;
  shell.setters = old.setters;
  if (old.states) {
    const dicts = attributeDicts(old.state!, reduce);
    if (!dicts) {
      const part = kept.get(index++);
      shell.states = [part ? part.value : old.state!];
    } else shell.states = [stateOf(old.state!, dicts.map(pick))];
  }
  if (old.items) {
    shell.items = [];
    for (const _ of old.items) {
      const part = kept.get(index++);
      if (part) shell.items.push(part.value);
    }
  }
  if (old.entries) shell.entries = pick(old.entries);
}

/** The state in the form that it had: a dict, or a pair of dict or None. */
function stateOf(old: PyValue, dicts: PyDict[]): PyValue {
  if (!(old instanceof PyTuple)) return dicts[0]!;
  let next = 0;
  return new PyTuple(old.items.map((part) => part === null ? null : dicts[next++]!));
}
