/**
 * A quick look into a pickle as `torch.save` writes it by default: protocol 2, and of that the
 * opcodes of dicts, lists, numbers, text, and calls of named functions. Anything else ends the look:
 * the machine (`machine.ts`) reads every pickle there is, this module only saves its start-up time.
 *
 * @module
 */

import { asciiText } from "../text/ascii.ts";
import {
  GlancedCall,
  GlancedDict,
  GlancedId,
  GlancedList,
  GlancedName,
  LEAF,
} from "./glance_values.ts";
import type { GlancedValue } from "./glance_values.ts";

/** Text that is the same in ASCII and UTF-8, and surely what the bytes say; see {@linkcode asciiText}. */
const ASCII = /^[^\0\x80-\uffff]*$/;

/** Opcodes between two looks at how large things have become; see `burst` in `machine.ts`. */
const BURST = 4096;

/**
 * The value of the pickle, or undefined if there is anything in it that the look doesn't know.
 *
 * @param callees What may be called.
 */
export function glancePickle(
  bytes: Uint8Array<ArrayBuffer>,
  callees: ReadonlySet<string>,
): GlancedValue | undefined {
  if (bytes.length < 3 || bytes[0] !== 0x80 || bytes[1] !== 2) return undefined;
  const state: State = {
    bytes,
    callees,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    text: asciiText(bytes),
    stack: [],
    depth: 0,
    marks: [],
    memo: [],
  };
  let at = 2;
  try {
    while (at > 0) at = burst(state, at);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an operand lies behind the end
    throw error;
  }
  return at === DONE ? state.stack[state.depth - 1] : undefined;
}

interface State {
  readonly bytes: Uint8Array;
  readonly callees: ReadonlySet<string>;
  readonly view: DataView;
  readonly text: string;
  readonly stack: GlancedValue[];
  /** Values on the stack; what lies behind them is left over. */
  depth: number;
  readonly marks: number[];
  readonly memo: GlancedValue[];
}

const DONE = -1;
const UNKNOWN = -2;

/**
 * Runs some opcodes and gives the place of the next one, or how it ended. Indices take the place of
 * `push` and `pop`: before anything is compiled, a call costs more than all else of an opcode.
 */
function burst(state: State, pos: number): number {
  const { bytes, view, text, stack, marks, memo } = state;
  const end = bytes.length;
  let depth = state.depth;
  let known = memo.length;
  let floor = floorOf(state);
  for (let left = BURST; left > 0; left--) {
    switch (bytes[pos++]) {
      case 0x28: // MARK
        marks.push(floor = depth);
        break;
      case 0x58: { // BINUNICODE
        const from = pos + 4;
        pos = from + view.getUint32(pos, true);
        const string = text.substring(from, pos);
        if (pos > end || !ASCII.test(string)) return UNKNOWN;
        stack[depth++] = string;
        break;
      }
      case 0x4b: // BININT1
        stack[depth++] = bytes[pos++]!;
        break;
      case 0x4d: // BININT2
        stack[depth++] = view.getUint16(pos, true);
        pos += 2;
        break;
      case 0x4a: // BININT
        stack[depth++] = view.getInt32(pos, true);
        pos += 4;
        break;
      case 0x71: // BINPUT
        if (bytes[pos++] !== known || depth <= floor) return UNKNOWN;
        memo[known++] = stack[depth - 1]!;
        break;
      case 0x72: // LONG_BINPUT
        if (view.getUint32(pos, true) !== known || depth <= floor) return UNKNOWN;
        memo[known++] = stack[depth - 1]!;
        pos += 4;
        break;
      case 0x68: // BINGET
        if (bytes[pos]! >= known) return UNKNOWN;
        stack[depth++] = memo[bytes[pos++]!]!;
        break;
      case 0x6a: { // LONG_BINGET
        const index = view.getUint32(pos, true);
        if (index >= known) return UNKNOWN;
        stack[depth++] = memo[index]!;
        pos += 4;
        break;
      }
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: { // TUPLE3
        const from = depth - (bytes[pos - 1]! - 0x84);
        if (from < floor) return UNKNOWN;
        stack[from] = stack.slice(from, depth);
        depth = from + 1;
        break;
      }
      case 0x74: // TUPLE
        if (marks.length === 0) return UNKNOWN;
        marks.pop();
        stack[floor] = stack.slice(floor, depth);
        depth = floor + 1;
        floor = floorOf(state);
        break;
      case 0x29: // EMPTY_TUPLE
        stack[depth++] = [];
        break;
      case 0x4e: // NONE
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack[depth++] = LEAF;
        break;
      case 0x52: { // REDUCE
        if (depth < floor + 2) return UNKNOWN;
        depth -= 1;
        const callee = stack[depth - 1];
        const args = stack[depth];
        if (!(callee instanceof GlancedName) || !Array.isArray(args)) return UNKNOWN;
        if (!state.callees.has(callee.name)) return UNKNOWN;
        stack[depth - 1] = new GlancedCall(callee.name, args);
        break;
      }
      case 0x51: // BINPERSID
        if (depth <= floor) return UNKNOWN;
        stack[depth - 1] = new GlancedId(stack[depth - 1]!);
        break;
      default:
        state.depth = depth;
        pos = runRare(state, pos);
        if (pos < 0) return pos;
        depth = state.depth;
        floor = floorOf(state);
    }
  }
  state.depth = depth;
  return pos;
}

function floorOf({ marks }: State): number {
  return marks.length > 0 ? marks[marks.length - 1]! : 0;
}

/**
 * Runs the opcode before `pos`, one of those that stand between tensors rather than in them: the
 * loop of {@linkcode burst} is compiled the sooner for being short.
 */
function runRare(state: State, pos: number): number {
  const { bytes, text, stack, marks } = state;
  const floor = floorOf(state);
  const opcode = bytes[pos - 1];
  switch (opcode) {
    case 0x47: // BINFLOAT
      stack[state.depth++] = LEAF;
      return pos + 8;
    case 0x8a: { // LONG1
      const next = pos + 1 + bytes[pos]!;
      stack[state.depth++] = longValue(bytes.subarray(pos + 1, next));
      return next;
    }
    case 0x5d: // EMPTY_LIST
      stack[state.depth++] = new GlancedList();
      return pos;
    case 0x7d: // EMPTY_DICT
      stack[state.depth++] = new GlancedDict();
      return pos;
    case 0x75: // SETITEMS
    case 0x65: { // APPENDS
      if (marks.length === 0) return UNKNOWN;
      marks.pop();
      const added = stack.slice(floor, state.depth);
      state.depth = floor;
      if (floor <= floorOf(state)) return UNKNOWN;
      return add(stack[floor - 1]!, opcode === 0x75, added) ? pos : UNKNOWN;
    }
    case 0x73: // SETITEM
    case 0x61: { // APPEND
      const target = state.depth - (opcode === 0x73 ? 3 : 2);
      if (target < floor) return UNKNOWN;
      const added = stack.slice(target + 1, state.depth);
      state.depth = target + 1;
      return add(stack[target]!, opcode === 0x73, added) ? pos : UNKNOWN;
    }
    case 0x62: // BUILD: attributes, which no listing shows
      if (state.depth < floor + 2) return UNKNOWN;
      state.depth -= 1;
      return stack[state.depth - 1] instanceof GlancedCall ? pos : UNKNOWN;
    case 0x63: { // GLOBAL
      const first = text.indexOf("\n", pos);
      const second = first < 0 ? -1 : text.indexOf("\n", first + 1);
      if (second < 0 || second - pos > LONGEST_NAME) return UNKNOWN;
      const module = text.substring(pos, first);
      stack[state.depth++] = new GlancedName(`${module}.${text.substring(first + 1, second)}`);
      return second + 1;
    }
    case 0x2e: // STOP
      return state.depth > floor ? DONE : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

/** Counts and sizes beyond 2^31; other long ints matter to nothing that is listed. */
function longValue(bytes: Uint8Array): GlancedValue {
  if (bytes.length > 6 || bytes.length === 0 || bytes[bytes.length - 1]! > 0x7f) return LEAF;
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

/** Characters of a module and a name: those that torch writes have 40. */
const LONGEST_NAME = 256;

/** Adds to a container that the pickle made. */
function add(target: GlancedValue, entries: boolean, added: GlancedValue[]): boolean {
  if (!entries) {
    if (!(target instanceof GlancedList)) return false;
    for (const item of added) target.items.push(item);
    return true;
  }
  if (added.length % 2 !== 0) return false;
  for (let i = 0; i < added.length; i += 2) {
    if (typeof added[i] !== "string" && typeof added[i] !== "number") return false;
  }
  if (target instanceof GlancedDict) {
    if (target.flat.length === 0) target.flat = added;
    else for (const part of added) target.flat.push(part);
    return true;
  }
  if (!(target instanceof GlancedCall)) return false;
  if (target.entries === null) target.entries = added;
  else for (const part of added) target.entries.push(part);
  return true;
}
