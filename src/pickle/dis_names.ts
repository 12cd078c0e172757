/**
 * Follows the texts on a pickle's stack and in its memo, as far as it takes to say what
 * STACK_GLOBAL names.
 *
 * @module
 */

import type { Argument } from "./dis_arguments.ts";
import { DEFAULT_PICKLE_LIMITS, limitError } from "./limits.ts";
import { Op } from "./opcodes.ts";
import type { Opcode } from "./opcodes.ts";
import { toPython3 } from "./python2_names.ts";
import type { NamePair } from "./python2_names.ts";
import { parsePythonInt } from "./text.ts";

const MARK = Symbol("mark");
/** A mark, a text, or anything else. */
type Slot = typeof MARK | string | undefined;

/** What an opcode turned out to do. */
export interface Effect {
  /** What it names, as written; a part that is no literal text of the stream is `?`. */
  readonly global?: NamePair;
  /** The same as Python 3 knows it, if the protocol makes it rename that. */
  readonly renamed?: NamePair;
  /** Why Python stops here, if it does. */
  readonly problem?: string;
}

const NOTHING: Effect = {};
const SHORT: Effect = { problem: "the stack holds too little" };

/** The texts of one pickle while it is read. */
export class NameTracker {
  /** Marks that are open. */
  marks = 0;
  private readonly stack: Slot[] = [];
  private readonly memo = new Map<number, Slot>();
  private protocol = 0;

  /** Follows one opcode. */
  step(opcode: Opcode, argument: Argument, offset: number): Effect {
    switch (opcode.byte) {
      case Op.PROTO:
        this.protocol = argument as number;
        return NOTHING;
      case Op.MARK:
        this.push(MARK, offset);
        return NOTHING;
      case Op.POP:
        // Python lets POP take a mark.
        return this.stack.length > 0 ? (this.drop(), NOTHING) : SHORT;
      case Op.DUP:
        return this.repeat(offset);
      case Op.MEMOIZE:
        return this.store(this.memo.size, offset);
      case Op.PUT:
      case Op.BINPUT:
      case Op.LONG_BINPUT:
        return this.store(memoIndex(argument), offset);
      case Op.GET:
      case Op.BINGET:
      case Op.LONG_BINGET:
        return this.fetch(memoIndex(argument), offset);
      default:
        return this.apply(opcode, argument, offset);
    }
  }

  /** An opcode that takes what the table says and leaves at most one value. */
  private apply(opcode: Opcode, argument: Argument, offset: number): Effect {
    const names = this.namesOf(opcode, argument);
    const enough = this.take(opcode.before);
    const isText = opcode.after.startsWith("str") && typeof argument === "string";
    if (opcode.after !== "") this.push(isText ? argument : undefined, offset);
    const effect = names ? this.name(names) : NOTHING;
    return enough ? effect : { ...effect, ...SHORT };
  }

  private namesOf(opcode: Opcode, argument: Argument): readonly Slot[] | undefined {
    if (opcode.byte === Op.STACK_GLOBAL) return [this.stack.at(-2), this.stack.at(-1)];
    return opcode.argument === "name-lines" ? argument as NamePair : undefined;
  }

  private take(before: string): boolean {
    const fixed = before === "" ? [] : before.split(" ");
    const mark = fixed.indexOf("mark");
    if (mark >= 0) {
      if (this.marks === 0) return false;
      while (this.drop() !== MARK);
      fixed.length = mark;
    }
    for (const _ of fixed) {
      if (!this.holdsValue()) return false;
      this.drop();
    }
    return true;
  }

  private name(parts: readonly Slot[]): Effect {
    const [module, name] = parts.map((part) => typeof part === "string" ? part : "?");
    const global: NamePair = [module!, name!];
    if (this.protocol >= 3) return { global };
    const renamed = toPython3(...global);
    const same = renamed[0] === global[0] && renamed[1] === global[1];
    return same ? { global } : { global, renamed };
  }

  private repeat(offset: number): Effect {
    if (!this.holdsValue()) return SHORT;
    this.push(this.stack[this.stack.length - 1], offset);
    return NOTHING;
  }

  private store(index: number | undefined, offset: number): Effect {
    if (index === undefined) return { problem: "the index is no number" };
    if (!this.holdsValue()) return SHORT;
    const limit = DEFAULT_PICKLE_LIMITS.memo;
    if (this.memo.size >= limit) {
      throw limitError(`${limit + 1} memo entries`, limit, "memo", offset);
    }
    this.memo.set(index, this.stack[this.stack.length - 1]);
    return NOTHING;
  }

  private fetch(index: number | undefined, offset: number): Effect {
    const known = index !== undefined && this.memo.has(index);
    this.push(known ? this.memo.get(index) : undefined, offset);
    return known ? NOTHING : { problem: "the memo has no such index" };
  }

  private push(slot: Slot, offset: number): void {
    const limit = DEFAULT_PICKLE_LIMITS.stack;
    if (this.stack.length >= limit) {
      throw limitError(`${limit + 1} values on the stack`, limit, "stack", offset);
    }
    if (slot === MARK) this.marks++;
    this.stack.push(slot);
  }

  private drop(): Slot {
    const slot = this.stack.pop();
    if (slot === MARK) this.marks--;
    return slot;
  }

  /** Whether there is a value above the topmost mark: opcodes may not reach below it. */
  private holdsValue(): boolean {
    return this.stack.length > 0 && this.stack[this.stack.length - 1] !== MARK;
  }
}

function memoIndex(argument: Argument): number | undefined {
  const index = typeof argument === "string" ? parsePythonInt(argument) : argument;
  return typeof index === "number" && index >= 0 ? index : undefined;
}
