/**
 * What opcodes do to values: names are imported, calls recorded, containers filled. Nothing acts.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { isHashable, PyDict, PySet } from "./dict.ts";
import { limitError } from "./limits.ts";
import type { PickleLimits } from "./limits.ts";
import type { GlobalUse, MachineOptions, PickleAnomaly } from "./machine_types.ts";
import { isPlainCodec, NATIVES } from "./natives.ts";
import { toPython3 } from "./python2_names.ts";
import { PyBytes, PyExtension, PyGlobal, PyObject, PyPersistent, PyTuple } from "./values.ts";
import type { PyObjectForm, PyValue } from "./values.ts";

/** The values side of a machine, and what it notes down. */
export class MachineEffects {
  /** Every name imported, in order. */
  readonly globals: GlobalUse[] = [];
  /** Everything odd, in order. */
  readonly anomalies: PickleAnomaly[] = [];
  /** Calls whose result the stream threw away. */
  readonly discarded: PyObject[] = [];
  /** The protocol that PROTO announced last, or null: names change their spelling with it. */
  protocol: number | null = null;
  private readonly limits: PickleLimits;
  private readonly watch: MachineOptions["watch"];
  private readonly resolveId: MachineOptions["resolveId"];

  /** Starts with nothing noted. */
  constructor(limits: PickleLimits, options: Pick<MachineOptions, "watch" | "resolveId"> = {}) {
    this.limits = limits;
    this.watch = options.watch;
    this.resolveId = options.resolveId;
  }

  /** The global of a module and a name from the stack or the stream. */
  import(module: PyValue, name: PyValue, offset: number, opcode: string): PyGlobal {
    const { limits } = this;
    let global: PyGlobal;
    if (typeof module === "string" && typeof name === "string") {
      if (module.length > limits.name || name.length > limits.name) {
        const longest = Math.max(module.length, name.length);
        throw limitError(`A global's name has ${longest} characters`, limits.name, "name", offset);
      }
      const written = `${module}.${name}`;
      const [module3, name3] = (this.protocol ?? 0) < 3 ? toPython3(module, name) : [module, name];
      global = new PyGlobal(module3, name3, written);
    } else {
      const known = (part: PyValue) => typeof part === "string" ? part : "?";
      if (
        known(module) === "?" && !isComputed(module) || known(name) === "?" && !isComputed(name)
      ) {
        throw corrupt("STACK_GLOBAL needs two strings", offset);
      }
      global = new PyGlobal(known(module), known(name));
      this.anomaly("computed-name", "dangerous", "The name of a global is computed", offset);
    }
    if (this.globals.length >= limits.globals) {
      throw limitError(`${limits.globals + 1} imports of names`, limits.globals, "globals", offset);
    }
    this.globals.push({ global, offset, opcode });
    return global;
  }

  /** The result of a call that nobody makes. */
  call(form: PyObjectForm, callee: PyValue, args: PyValue, offset: number): PyValue {
    if (!(args instanceof PyTuple)) throw corrupt(`Arguments are ${describe(args)}`, offset);
    if (callee instanceof PyGlobal) {
      if (form === "reduce") {
        const native = NATIVES.get(callee.fullName)?.(args.items);
        if (native !== undefined) return native;
        if (callee.fullName === "_codecs.encode" && !isPlainCodec(args.items[1])) {
          const message = "_codecs.encode is called with a codec that transforms";
          this.anomaly("transforming-codec", "dangerous", message, offset);
        }
      }
    } else if (callee === null || (typeof callee !== "object" && typeof callee !== "string")) {
      throw corrupt(`What is called is ${describe(callee)}`, offset);
    } else if (!(callee instanceof PyExtension)) {
      const what = callee instanceof PyObject ? "itself computed" : describe(callee);
      this.anomaly("computed-callee", "dangerous", `What is called is ${what}`, offset);
    }
    const object = new PyObject(form, callee, args);
    this.watch?.(object, offset);
    return object;
  }

  /** An object that lies outside the pickle. */
  persistent(id: PyValue, offset: number): PyValue {
    const persistent = new PyPersistent(id);
    this.watch?.(persistent, offset);
    return this.resolveId?.(id) ?? persistent;
  }

  /** BUILD: gives an object its state. */
  build(object: PyValue, state: PyValue, offset: number): void {
    if (object instanceof PyObject) {
      if (!object.states) object.states = [state];
      else {
        object.states.push(state);
        this.anomaly("second-state", "suspicious", "An object is given a state twice", offset);
      }
    } else if (!this.mutatesForeign("BUILD", object, offset) && !isEmptyState(state)) {
      throw corrupt(`BUILD on ${describe(object)}`, offset);
    }
  }

  /** Reports a change to a thing that this stream did not make; false if it isn't such a thing. */
  private mutatesForeign(opcode: string, target: PyValue, offset: number): boolean {
    if (target instanceof PyGlobal || target instanceof PyExtension) {
      const message = `${opcode} changes a global itself`;
      this.anomaly("build-on-global", "dangerous", message, offset);
      return true;
    }
    if (target instanceof PyPersistent) {
      const message = `${opcode} changes an object that lies outside the pickle`;
      this.anomaly("persistent-mutated", "suspicious", message, offset);
      return true;
    }
    return false;
  }

  /** APPEND(S): adds to a list, or to an object that is one perhaps. */
  addTo(target: PyValue, items: PyValue[], offset: number): void {
    // Python looks at the target only if there is something to add.
    if (items.length === 0) return;
    if (Array.isArray(target)) append(target, items);
    else if (target instanceof PyObject) append(target.items ??= [], items);
    else if (!this.mutatesForeign("APPENDS", target, offset)) {
      throw corrupt(`APPENDS on ${describe(target)}`, offset);
    }
  }

  /** ADDITEMS: adds to a set, or to an object that is one perhaps. */
  addMembers(target: PyValue, items: PyValue[], offset: number): void {
    if (items.length === 0) return;
    if (target instanceof PySet && !target.frozen) {
      this.hashable(items, 1, offset);
      target.add(items);
    } else if (target instanceof PyObject) append(target.items ??= [], items);
    else if (!this.mutatesForeign("ADDITEMS", target, offset)) {
      throw corrupt(`ADDITEMS on ${describe(target)}`, offset);
    }
  }

  /** SETITEM(S): keys and values in turn. */
  setItems(target: PyValue, flat: PyValue[], offset: number): void {
    if (flat.length === 0) return;
    if (flat.length % 2 !== 0) throw corrupt("A dict key has no value", offset);
    if (target instanceof PyDict || target instanceof PyObject) {
      this.hashable(flat, 2, offset);
      if (target instanceof PyDict) target.append(flat);
      else (target.entries ??= new PyDict()).append(flat);
    } else if (Array.isArray(target)) setIndices(target, flat, offset);
    else if (!this.mutatesForeign("SETITEMS", target, offset)) {
      throw corrupt(`SETITEMS on ${describe(target)}`, offset);
    }
  }

  /** Refuses values that Python can't hash: every `step`-th is looked at. */
  hashable(values: readonly PyValue[], step: number, offset: number): void {
    for (let i = 0; i < values.length; i += step) {
      const key = values[i]!;
      if (typeof key === "string" || typeof key === "number") continue;
      if (!isHashable(key)) throw corrupt(`${describe(key)} can't be a key`, offset);
    }
  }

  /** POP: a value that the stream throws away. */
  discard(value: PyValue): void {
    if (!(value instanceof PyObject) || value.form !== "reduce") return;
    this.discarded.push(value);
    const target = value.args.items[0];
    // The sixth item of __reduce_ex__: setter(object, state), its result thrown away.
    if (value.args.items.length === 2 && target instanceof PyObject) {
      (target.setters ??= []).push(value);
    }
  }

  /** Notes something odd. */
  anomaly(
    rule: PickleAnomaly["rule"],
    level: PickleAnomaly["level"],
    message: string,
    offset: number,
  ): void {
    // One storm of a thousand equal findings tells no more than the first few.
    if (this.anomalies.length < 1000) this.anomalies.push({ rule, level, message, offset });
  }
}

/** Adds many values; spreading them into `push` would overflow the stack. */
export function append(target: PyValue[], items: PyValue[]): void {
  for (let i = 0; i < items.length; i++) target.push(items[i]!);
}

/** `list[index] = value`: nobody writes it, but Python takes it. */
function setIndices(list: PyValue[], flat: readonly PyValue[], offset: number): void {
  for (let i = 0; i < flat.length; i += 2) {
    const key = flat[i]!;
    const index = typeof key === "boolean" ? Number(key) : key;
    if (typeof index !== "number" || !Number.isInteger(index)) {
      throw corrupt(`${describe(key)} is no index of a list`, offset);
    }
    const at = index < 0 ? index + list.length : index;
    if (at < 0 || at >= list.length) throw corrupt(`A list has no index ${index}`, offset);
    list[at] = flat[i + 1]!;
  }
}

/** A state that sets nothing: Python takes it for any object. */
function isEmptyState(state: PyValue): boolean {
  if (state === null) return true;
  if (!(state instanceof PyTuple) || state.items.length !== 2) return false;
  const [attributes, slots] = state.items;
  return attributes === null && slots instanceof PyDict && slots.size === 0;
}

/** Whether a value is one that only running code could tell; a global may be a string too. */
function isComputed(value: PyValue): boolean {
  return value instanceof PyObject || value instanceof PyPersistent || value instanceof PyGlobal ||
    value instanceof PyExtension;
}

/** What an error calls a value. */
export function describe(value: PyValue): string {
  if (value === null) return "None";
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object") return `a ${typeof value}`;
  if (value instanceof PyTuple) return "a tuple";
  if (value instanceof PyDict) return "a dict";
  if (value instanceof PySet) return value.frozen ? "a frozenset" : "a set";
  if (value instanceof PyBytes) return value.kind;
  if (value instanceof PyPersistent) return "an object that lies outside the pickle";
  return "an object of another kind";
}

/** The error of a stream that no Python would read. */
export function corrupt(message: string, offset: number): StateDictError {
  return new StateDictError("corrupt", message, { offset });
}

/** The error of an opcode that wants more values than there are. */
export function underflow(offset: number): StateDictError {
  return corrupt("The stack has too few values", offset);
}
