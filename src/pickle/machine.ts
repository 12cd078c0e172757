/**
 * The pickle machine: all opcodes of protocols 0 to 5, over a stream that arrives in windows.
 *
 * It names and never calls: a global is its name, the result of a call is a node with the callee's
 * name and the arguments. Rules and odd corners are those of CPython's C unpickler, as checked
 * against it; what only its pure Python twin refuses is reported as an anomaly.
 *
 * The loop's cases are literals, not names of the opcode table, because the engines make a jump
 * table of literals only. A test holds them against the table.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { PyDict, PySet } from "./dict.ts";
import { DEFAULT_PICKLE_LIMITS, limitError } from "./limits.ts";
import type { PickleLimits } from "./limits.ts";
import { corrupt, describe, MachineEffects, underflow } from "./machine_effects.ts";
import { byteString, memoIndex, textValue } from "./machine_text.ts";
import type { MachineOptions, Pause } from "./machine_types.ts";
import { PickleWindow } from "./machine_window.ts";
import * as text from "./text.ts";
import { PyBytes, PyExtension, pyFloat, PyObject, PyTuple } from "./values.ts";
import type { ByteSpan, PyValue } from "./values.ts";

/** Opcodes run at a time; see {@linkcode PickleMachine.burst}. */
const BURST = 512;

/** Limits are compared every 2^14 opcodes. */
const LIMIT_SHIFT = 14;

/** One run over one pickle. */
export class PickleMachine {
  /** What the opcodes did to values, and what was noted on the way. */
  readonly effects: MachineEffects;
  /** Opcodes run so far. */
  opcodes = 0;
  private stack: PyValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo: PyValue[] = [];
  private readonly farMemo: Map<number | bigint, PyValue> = new Map();
  private frameEnd = Infinity;
  private nextBuffer = 0;
  private pausedAt = 0;
  private readonly limits: PickleLimits;
  private readonly size: number;
  private readonly options: MachineOptions;

  /** Makes a machine at the start of a pickle. */
  constructor(options: MachineOptions = {}) {
    this.options = options;
    this.limits = { ...DEFAULT_PICKLE_LIMITS, ...options.limits };
    this.size = options.size ?? Infinity;
    this.effects = new MachineEffects(this.limits, options);
  }

  /**
   * Puts a value in the place of the object that an `inline` pause showed; `end` is where the
   * opcodes go on. Readers in Python take the bytes from behind the frame that is open, so bytes
   * inside a frame would be read in two ways.
   */
  resume(value: PyValue, end: number): void {
    if (this.pausedAt >= this.frameEnd) this.frameEnd = Infinity;
    if (end > this.pausedAt && this.frameEnd !== Infinity) {
      throw corrupt("Bytes that are no opcodes stand inside a frame", this.pausedAt);
    }
    this.stack[this.stack.length - 1] = value;
  }

  /** Hands over the buffer that a `buffer` pause wants. */
  provide(buffer: PyBytes): void {
    this.stack.push(buffer);
  }

  /**
   * Runs the opcodes of `bytes`, whose first byte is at `base` of the stream, until they end, the
   * pickle ends, or inline bytes follow. An opcode runs whole or not at all: `more` names the
   * offset to go on from. `ended` says that nothing comes after these bytes.
   */
  run(bytes: Uint8Array<ArrayBuffer>, base: number, ended: boolean): Pause {
    const window = new PickleWindow(bytes, base, ended ? base + bytes.length : this.size);
    let result: Pause | number = 0;
    while (typeof result === "number") {
      const { opcodes } = this;
      result = this.burst(window, result);
      if (opcodes >>> LIMIT_SHIFT !== this.opcodes >>> LIMIT_SHIFT) this.checkLimits(base);
    }
    return result;
  }

  /**
   * Runs some opcodes from `pos` on, and gives the place of the next one. Leaving the loop now and
   * then lets V8 swap the compiled code in at the next call; compiled in the middle of the loop
   * instead, as it would be, this function costs 3 ms, more than a small checkpoint's whole pickle.
   */
  private burst(window: PickleWindow, pos: number): Pause | number {
    const { stack, marks, memo, limits, effects, farMemo } = this;
    const { spanFrom = Infinity, inlineAfter, encoding = "auto" } = this.options;
    const { bytes, base, view } = window;
    const end = bytes.length;
    let floor = marks.length > 0 ? marks[marks.length - 1]! : 0;
    // Calls cost most before the engine has compiled anything, so what nearly every opcode does
    // stands in the loop itself.
    let frameEnd = this.frameEnd - base;
    this.opcodes += BURST;

    for (let left = BURST; left > 0; left--) {
      const start = pos;
      if (pos >= end) return window.more(pos, 1);
      if (pos >= frameEnd) {
        if (pos > frameEnd) {
          const message = "An opcode crosses the end of its frame";
          effects.anomaly("frame-overrun", "suspicious", message, base + pos);
        }
        this.frameEnd = frameEnd = Infinity;
      }
      const op = bytes[pos++]!;
      switch (op) {
        case 0x28: // MARK
          marks.push(floor = stack.length);
          break;
        case 0x58: { // BINUNICODE
          if (pos + 4 > end) return window.more(start, 5);
          const length = view.getUint32(pos, true);
          if (pos + 4 + length > end) return window.more(start, 5 + length);
          stack.push(window.text(pos + 4, pos += 4 + length));
          break;
        }
        case 0x8c: { // SHORT_BINUNICODE
          if (pos >= end) return window.more(start, 2);
          const length = bytes[pos]!;
          if (pos + 1 + length > end) return window.more(start, 2 + length);
          stack.push(window.text(pos + 1, pos += 1 + length));
          break;
        }
        case 0x4b: // BININT1
          if (pos >= end) return window.more(start, 2);
          stack.push(bytes[pos++]!);
          break;
        case 0x4d: // BININT2
          if (pos + 2 > end) return window.more(start, 3);
          stack.push(view.getUint16(pos, true));
          pos += 2;
          break;
        case 0x4a: // BININT
          if (pos + 4 > end) return window.more(start, 5);
          stack.push(view.getInt32(pos, true));
          pos += 4;
          break;
        case 0x47: { // BINFLOAT
          if (pos + 8 > end) return window.more(start, 9);
          stack.push(pyFloat(view.getFloat64(pos)));
          pos += 8;
          break;
        }
        case 0x71: { // BINPUT
          if (pos >= end) return window.more(start, 2);
          if (stack.length <= floor) throw underflow(start + base);
          const index = bytes[pos++]!;
          if (index === memo.length && farMemo.size === 0) memo.push(stack[stack.length - 1]!);
          else this.put(index, stack[stack.length - 1]!);
          break;
        }
        case 0x72: { // LONG_BINPUT
          if (pos + 4 > end) return window.more(start, 5);
          if (stack.length <= floor) throw underflow(start + base);
          const index = view.getUint32(pos, true);
          pos += 4;
          if (index === memo.length && farMemo.size === 0) memo.push(stack[stack.length - 1]!);
          else this.put(index, stack[stack.length - 1]!);
          break;
        }
        case 0x94: { // MEMOIZE
          const value = this.top(floor, start + base);
          if (farMemo.size === 0) memo.push(value);
          else this.put(memo.length + farMemo.size, value);
          break;
        }
        case 0x68: { // BINGET
          if (pos >= end) return window.more(start, 2);
          const index = bytes[pos++]!;
          stack.push(index < memo.length ? memo[index]! : this.get(index, start + base));
          break;
        }
        case 0x6a: { // LONG_BINGET
          if (pos + 4 > end) return window.more(start, 5);
          const index = view.getUint32(pos, true);
          pos += 4;
          stack.push(index < memo.length ? memo[index]! : this.get(index, start + base));
          break;
        }
        case 0x85: // TUPLE1
          if (stack.length <= floor) throw underflow(start + base);
          stack.push(new PyTuple([stack.pop()!]));
          break;
        case 0x86: { // TUPLE2
          if (stack.length < floor + 2) throw underflow(start + base);
          const b = stack.pop()!;
          stack.push(new PyTuple([stack.pop()!, b]));
          break;
        }
        case 0x87: { // TUPLE3
          if (stack.length < floor + 3) throw underflow(start + base);
          const c = stack.pop()!;
          const b = stack.pop()!;
          stack.push(new PyTuple([stack.pop()!, b, c]));
          break;
        }
        case 0x74: { // TUPLE
          const items = this.slice(start + base);
          floor = this.floor();
          stack.push(new PyTuple(items));
          break;
        }
        case 0x29: // EMPTY_TUPLE
          stack.push(new PyTuple([]));
          break;
        case 0x5d: // EMPTY_LIST
          stack.push([]);
          break;
        case 0x7d: // EMPTY_DICT
          stack.push(new PyDict());
          break;
        case 0x75: { // SETITEMS
          const flat = this.slice(start + base);
          floor = this.floor();
          effects.setItems(this.top(floor, start + base), flat, start + base);
          break;
        }
        case 0x73: { // SETITEM
          const value = this.pop(floor, start + base);
          const key = this.pop(floor, start + base);
          effects.setItems(this.top(floor, start + base), [key, value], start + base);
          break;
        }
        case 0x65: { // APPENDS
          const items = this.slice(start + base);
          floor = this.floor();
          effects.addTo(this.top(floor, start + base), items, start + base);
          break;
        }
        case 0x61: { // APPEND
          const item = this.pop(floor, start + base);
          effects.addTo(this.top(floor, start + base), [item], start + base);
          break;
        }
        case 0x4e: // NONE
          stack.push(null);
          break;
        case 0x88: // NEWTRUE
          stack.push(true);
          break;
        case 0x89: // NEWFALSE
          stack.push(false);
          break;
        case 0x52: { // REDUCE
          const args = this.pop(floor, start + base);
          stack.push(effects.call("reduce", this.pop(floor, start + base), args, start + base));
          break;
        }
        case 0x81: { // NEWOBJ
          const args = this.pop(floor, start + base);
          stack.push(effects.call("newobj", this.pop(floor, start + base), args, start + base));
          break;
        }
        case 0x62: { // BUILD
          const state = this.pop(floor, start + base);
          const object = this.top(floor, start + base);
          effects.build(object, state, start + base);
          if (inlineAfter && object instanceof PyObject && inlineAfter(object)) {
            this.pausedAt = base + pos;
            return { kind: "inline", at: base + pos, object };
          }
          break;
        }
        case 0x51: // BINPERSID
          stack.push(effects.persistent(this.pop(floor, start + base), start + base));
          break;
        case 0x63: { // GLOBAL
          const first = window.lineEnd(pos, limits.line);
          const second = first < 0 ? -1 : window.lineEnd(first + 1, limits.line);
          if (second < 0) return window.more(start, end - start + 1);
          const module = window.text(pos, first);
          const name = window.text(first + 1, second);
          pos = second + 1;
          stack.push(effects.import(module, name, start + base, "GLOBAL"));
          break;
        }
        case 0x93: { // STACK_GLOBAL
          const name = this.pop(floor, start + base);
          const module = this.pop(floor, start + base);
          stack.push(effects.import(module, name, start + base, "STACK_GLOBAL"));
          break;
        }
        case 0x2e: // STOP; marks may be open below the value
          return { kind: "done", value: this.pop(floor, start + base), end: base + pos };
        case 0x8a: { // LONG1
          if (pos >= end) return window.more(start, 2);
          const length = bytes[pos]!;
          if (pos + 1 + length > end) return window.more(start, 2 + length);
          stack.push(text.decodeLong(bytes.subarray(pos + 1, pos += 1 + length)));
          break;
        }
        case 0x8b: { // LONG4
          if (pos + 4 > end) return window.more(start, 5);
          const length = view.getInt32(pos, true);
          if (length < 0) throw corrupt("LONG4 has a negative length", start + base);
          this.checkLength(pos + 4 + base, length);
          if (length > limits.integer) {
            throw limitError(`An int has ${length} bytes`, limits.integer, "integer", start + base);
          }
          if (pos + 4 + length > end) return window.more(start, 5 + length);
          stack.push(text.decodeLong(bytes.subarray(pos + 4, pos += 4 + length)));
          break;
        }
        case 0x80: { // PROTO
          if (pos >= end) return window.more(start, 2);
          const protocol = bytes[pos++]!;
          if (protocol > 5) {
            throw corrupt(`PROTO announces protocol ${protocol}; the highest is 5`, start + base);
          }
          effects.protocol = protocol;
          break;
        }
        case 0x95: { // FRAME
          if (pos + 8 > end) return window.more(start, 9);
          const length = window.uint64(pos);
          pos += 8;
          this.checkLength(pos + base, length);
          if (frameEnd !== Infinity) {
            effects.anomaly(
              "frame-nested",
              "suspicious",
              "A FRAME stands inside a frame",
              start + base,
            );
          }
          frameEnd = pos + length;
          this.frameEnd = base + frameEnd;
          break;
        }
        case 0x43: // SHORT_BINBYTES
        case 0x42: // BINBYTES
        case 0x8e: // BINBYTES8
        case 0x96: { // BYTEARRAY8
          const width = op === 0x43 ? 1 : op === 0x42 ? 4 : 8;
          if (pos + width > end) return window.more(start, 1 + width);
          const length = width === 1
            ? bytes[pos]!
            : width === 4
            ? view.getUint32(pos, true)
            : window.uint64(pos);
          const from = pos + width;
          this.checkLength(from + base, length);
          const kind = op === 0x96 ? "bytearray" : "bytes";
          if (length >= spanFrom) {
            stack.push(new PyBytes(kind, null, this.span(base + from, length)));
          } else {
            if (from + length > end) return window.more(start, 1 + width + length);
            const data = bytes.subarray(from, from + length);
            stack.push(new PyBytes(kind, op === 0x96 ? data.slice() : data));
          }
          pos = from + length;
          break;
        }
        case 0x8d: { // BINUNICODE8
          if (pos + 8 > end) return window.more(start, 9);
          const length = window.uint64(pos);
          this.checkLength(pos + 8 + base, length);
          if (pos + 8 + length > end) return window.more(start, 9 + length);
          stack.push(window.text(pos + 8, pos += 8 + length));
          break;
        }
        case 0x8f: // EMPTY_SET
          stack.push(new PySet());
          break;
        case 0x90: { // ADDITEMS
          const items = this.slice(start + base);
          floor = this.floor();
          effects.addMembers(this.top(floor, start + base), items, start + base);
          break;
        }
        case 0x91: { // FROZENSET
          const items = this.slice(start + base);
          floor = this.floor();
          effects.hashable(items, 1, start + base);
          stack.push(new PySet(items, true));
          break;
        }
        case 0x92: { // NEWOBJ_EX
          const kwargs = this.pop(floor, start + base);
          const args = this.pop(floor, start + base);
          const callee = this.pop(floor, start + base);
          if (!(kwargs instanceof PyDict)) throw corrupt("NEWOBJ_EX without a dict", start + base);
          const object = effects.call("newobj-ex", callee, args, start + base) as PyObject;
          object.kwargs = kwargs;
          stack.push(object);
          break;
        }
        case 0x30: // POP
          if (stack.length > floor) effects.discard(stack.pop()!);
          else if (marks.length > 0) {
            marks.pop();
            floor = this.floor();
          } else throw underflow(start + base);
          break;
        case 0x31: // POP_MARK
          for (const value of this.slice(start + base)) effects.discard(value);
          floor = this.floor();
          break;
        case 0x32: // DUP
          stack.push(this.top(floor, start + base));
          break;
        case 0x64: { // DICT
          const flat = this.slice(start + base);
          floor = this.floor();
          const dict = new PyDict();
          effects.setItems(dict, flat, start + base);
          stack.push(dict);
          break;
        }
        case 0x6c: { // LIST
          const items = this.slice(start + base);
          floor = this.floor();
          stack.push(items);
          break;
        }
        case 0x54: // BINSTRING
        case 0x55: { // SHORT_BINSTRING
          const width = op === 0x54 ? 4 : 1;
          if (pos + width > end) return window.more(start, 1 + width);
          const length = width === 4 ? view.getInt32(pos, true) : bytes[pos]!;
          if (length < 0) throw corrupt("BINSTRING has a negative length", start + base);
          const from = pos + width;
          if (from + length > end) return window.more(start, 1 + width + length);
          stack.push(byteString(bytes.slice(from, from + length), encoding, start + base));
          pos = from + length;
          break;
        }
        case 0x46: // FLOAT
        case 0x49: // INT
        case 0x4c: // LONG
        case 0x53: // STRING
        case 0x56: { // UNICODE
          const at = window.lineEnd(pos, limits.line);
          if (at < 0) return window.more(start, end - start + 1);
          stack.push(textValue(op, bytes.subarray(pos, at), start + base, limits, encoding));
          pos = at + 1;
          break;
        }
        case 0x67: // GET
        case 0x70: { // PUT
          const at = window.lineEnd(pos, limits.line);
          if (at < 0) return window.more(start, end - start + 1);
          const index = memoIndex(bytes.subarray(pos, at), start + base, limits);
          pos = at + 1;
          if (op === 0x67) stack.push(this.get(index, start + base));
          else this.put(index, this.top(floor, start + base));
          break;
        }
        case 0x50: { // PERSID
          const at = window.lineEnd(pos, limits.line);
          if (at < 0) return window.more(start, end - start + 1);
          const id = bytes.subarray(pos, at);
          if (!text.isAscii(id)) throw corrupt("A persistent id is not ASCII", start + base);
          const message = "An object is named by a text id";
          effects.anomaly("text-persistent-id", "suspicious", message, start + base);
          stack.push(effects.persistent(text.decodeLatin1(id), start + base));
          pos = at + 1;
          break;
        }
        case 0x69: { // INST
          const first = window.lineEnd(pos, limits.line);
          const second = first < 0 ? -1 : window.lineEnd(first + 1, limits.line);
          if (second < 0) return window.more(start, end - start + 1);
          const args = new PyTuple(this.slice(start + base));
          floor = this.floor();
          const module = window.text(pos, first);
          const name = window.text(first + 1, second);
          pos = second + 1;
          const cls = effects.import(module, name, start + base, "INST");
          stack.push(effects.call("instance", cls, args, start + base));
          break;
        }
        case 0x6f: { // OBJ
          const items = this.slice(start + base);
          floor = this.floor();
          if (items.length === 0) throw underflow(start + base);
          const cls = items.shift()!;
          stack.push(effects.call("instance", cls, new PyTuple(items), start + base));
          break;
        }
        case 0x82: // EXT1
        case 0x83: // EXT2
        case 0x84: { // EXT4
          const width = op === 0x82 ? 1 : op === 0x83 ? 2 : 4;
          if (pos + width > end) return window.more(start, 1 + width);
          const code = width === 1
            ? bytes[pos]!
            : width === 2
            ? view.getUint16(pos, true)
            : view.getInt32(pos, true);
          if (code <= 0) throw corrupt(`The extension code ${code} is not positive`, start + base);
          pos += width;
          const message = `A class is named by extension code ${code} only`;
          effects.anomaly("extension-code", "suspicious", message, start + base);
          stack.push(new PyExtension(code));
          break;
        }
        case 0x97: { // NEXT_BUFFER
          const index = this.nextBuffer++;
          const buffer = this.options.buffers?.[index];
          if (!buffer && this.options.pauseForBuffers) {
            return { kind: "buffer", at: base + pos, index };
          }
          if (!buffer) {
            throw new StateDictError("corrupt", "An out-of-band buffer is missing", {
              offset: start + base,
              hint: "give the buffers that were saved beside the pickle (option buffers)",
            });
          }
          stack.push(new PyBytes("buffer", buffer));
          break;
        }
        case 0x98: { // READONLY_BUFFER
          const buffer = this.top(floor, start + base);
          if (!(buffer instanceof PyBytes)) {
            throw corrupt(`READONLY_BUFFER on ${describe(buffer)}`, start + base);
          }
          if (buffer.kind !== "bytes") {
            stack[stack.length - 1] = new PyBytes("readonly-buffer", buffer.data, buffer.span);
          }
          break;
        }
        default:
          throw new StateDictError(
            "corrupt",
            `The byte 0x${op.toString(16).padStart(2, "0")} is no pickle opcode`,
            { offset: start + base },
          );
      }
    }
    return pos;
  }

  private span(offset: number, length: number): ByteSpan {
    const { source } = this.options;
    return source ? { offset, length, source } : { offset, length };
  }

  private floor(): number {
    const { marks } = this;
    return marks.length > 0 ? marks[marks.length - 1]! : 0;
  }

  private top(floor: number, offset: number): PyValue {
    if (this.stack.length <= floor) throw underflow(offset);
    return this.stack[this.stack.length - 1]!;
  }

  private pop(floor: number, offset: number): PyValue {
    if (this.stack.length <= floor) throw underflow(offset);
    return this.stack.pop()!;
  }

  /** Everything above the topmost mark; takes the mark too. */
  private slice(offset: number): PyValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw corrupt("No MARK is open", offset);
    return this.stack.splice(mark);
  }

  /** Memo keys are dense in practice; a sparse or huge one goes to a Map. */
  private put(index: number | bigint, value: PyValue): void {
    const { memo, farMemo } = this;
    if (typeof index === "number" && index < memo.length) memo[index] = value;
    else if (index === memo.length) {
      memo.push(value);
      if (farMemo.size > 0) farMemo.delete(index);
    } else farMemo.set(index, value);
  }

  private get(index: number | bigint, offset: number): PyValue {
    const value = typeof index === "number" && index >= 0 && index < this.memo.length
      ? this.memo[index]
      : this.farMemo.get(index);
    if (value === undefined) throw corrupt(`The memo has no entry ${index}`, offset);
    return value;
  }

  private checkLimits(offset: number): void {
    const { limits, opcodes } = this;
    const memo = this.memo.length + this.farMemo.size;
    if (opcodes > limits.opcodes) {
      throw limitError(`${opcodes} opcodes`, limits.opcodes, "opcodes", offset);
    }
    if (this.marks.length > limits.marks) {
      throw limitError(`${this.marks.length} open marks`, limits.marks, "marks", offset);
    }
    if (this.stack.length > limits.stack) {
      throw limitError(`${this.stack.length} values on the stack`, limits.stack, "stack", offset);
    }
    if (memo > limits.memo) throw limitError(`${memo} memo entries`, limits.memo, "memo", offset);
  }

  /** A length that exceeds the stream is corrupt before anything is allocated. */
  private checkLength(from: number, length: number): void {
    if (from + length > this.size) {
      throw new StateDictError(
        "truncated",
        `${length} bytes are announced, but ${Math.max(0, this.size - from)} are left`,
        { offset: from },
      );
    }
  }
}
