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
import { isHashable, PyDict, PySet } from "./dict.ts";
import { DEFAULT_PICKLE_LIMITS, limitError } from "./limits.ts";
import type { PickleLimits } from "./limits.ts";
import { isPlainCodec, NATIVES } from "./natives.ts";
import { toPython3 } from "./python2_names.ts";
import * as text from "./text.ts";
import {
  PyBytes,
  PyExtension,
  pyFloat,
  PyGlobal,
  PyObject,
  PyPersistent,
  PyTuple,
} from "./values.ts";
import type { PyObjectForm, PyValue } from "./values.ts";

/** A name that the stream imports, with where it does. */
export interface GlobalUse {
  /** The name as a value. */
  readonly global: PyGlobal;
  /** Offset of the opcode in the stream. */
  readonly offset: number;
  /** `GLOBAL`, `STACK_GLOBAL` or `INST`. */
  readonly opcode: string;
}

/** Something no ordinary pickler writes. Strict reading refuses it, a scan reports it. */
export interface PickleAnomaly {
  /** Which rule it breaks; stable. */
  readonly rule:
    | "computed-name"
    | "computed-callee"
    | "build-on-global"
    | "second-state"
    | "transforming-codec"
    | "frame-overrun"
    | "frame-nested"
    | "extension-code"
    | "persistent-mutated"
    | "text-persistent-id";
  /** `dangerous` where it can make a name act that nothing else shows. */
  readonly level: "suspicious" | "dangerous";
  /** What was met. */
  readonly message: string;
  /** Offset in the stream. */
  readonly offset: number;
}

/** How Python 2 byte strings become values; `auto` is text if ASCII, else bytes. */
export type StringEncoding = "auto" | "ASCII" | "latin1" | "utf-8" | "bytes";

/** What a machine is told beforehand. */
export interface MachineOptions {
  /** How Python 2 byte strings are read. */
  readonly encoding?: StringEncoding;
  /** Out-of-band buffers of protocol 5, in order. */
  readonly buffers?: readonly Uint8Array<ArrayBuffer>[];
  /** Limits to change. */
  readonly limits?: Partial<PickleLimits>;
  /** Byte strings at least so long stay in the stream; never by default. */
  readonly spanFrom?: number;
  /** Where the stream ends, if that is known. */
  readonly size?: number;
  /** Asked after every BUILD of a call node: true if bytes that aren't opcodes follow. */
  readonly inlineAfter?: (object: PyObject) => boolean;
}

/** Why the machine stopped running. */
export type Pause =
  | { readonly kind: "done"; readonly value: PyValue; readonly end: number }
  /** It needs `length` bytes from `at` on. */
  | { readonly kind: "more"; readonly at: number; readonly length: number }
  /** Bytes that aren't opcodes stand at `at`; see {@linkcode PickleMachine.resume}. */
  | { readonly kind: "inline"; readonly at: number; readonly object: PyObject };

/** One run over one pickle. */
export class PickleMachine {
  /** Every name imported, in order. */
  readonly globals: GlobalUse[] = [];
  /** Everything odd, in order. */
  readonly anomalies: PickleAnomaly[] = [];
  /** Calls whose result the stream threw away. */
  readonly discarded: PyObject[] = [];
  /** The highest protocol that PROTO announced, or null. */
  protocol: number | null = null;
  /** Opcodes run so far. */
  opcodes = 0;
  private stack: PyValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo: PyValue[] = [];
  private readonly farMemo: Map<number | bigint, PyValue> = new Map();
  private frameEnd = Infinity;
  private nextBuffer = 0;
  private readonly limits: PickleLimits;
  private readonly size: number;
  private readonly options: MachineOptions;

  /** Makes a machine at the start of a pickle. */
  constructor(options: MachineOptions = {}) {
    this.options = options;
    this.limits = { ...DEFAULT_PICKLE_LIMITS, ...options.limits };
    this.size = options.size ?? Infinity;
  }

  /** Puts a value in the place of the object that an `inline` pause showed. */
  resume(value: PyValue): void {
    this.stack[this.stack.length - 1] = value;
  }

  /**
   * Runs the opcodes of `bytes`, whose first byte is at `base` of the stream, until they end, the
   * pickle ends, or inline bytes follow. An opcode runs whole or not at all: `more` names the
   * offset to go on from. `ended` says that nothing comes after these bytes.
   */
  run(bytes: Uint8Array<ArrayBuffer>, base: number, ended: boolean): Pause {
    const { stack, marks, memo, limits } = this;
    const { spanFrom = Infinity, inlineAfter } = this.options;
    const end = bytes.length;
    const view = new DataView(bytes.buffer, bytes.byteOffset, end);
    let latin1: string | null = null;
    let floor = marks.length > 0 ? marks[marks.length - 1]! : 0;
    let opcodes = this.opcodes;
    let pos = 0;

    const more = (start: number, length: number): Pause => {
      this.opcodes = opcodes;
      if (ended || base + start + length > this.size) {
        throw new StateDictError("truncated", "The pickle ends before its STOP", {
          offset: base + Math.min(end, start),
        });
      }
      return { kind: "more", at: base + start, length };
    };
    /** Bytes up to the next newline, or -1. */
    const lineEnd = (from: number): number => {
      const at = bytes.indexOf(0x0a, from);
      if ((at < 0 ? end : at) - from > limits.line) {
        throw limitError("A text line is too long", limits.line, "line", base + from);
      }
      return at;
    };
    const string = (from: number, to: number): string => {
      for (let i = from; i < to; i++) {
        if (bytes[i]! > 0x7f) return text.decodeUtf8(bytes.subarray(from, to), base + from);
      }
      return (latin1 ??= latin1Of(bytes)).substring(from, to);
    };

    for (;;) {
      const start = pos;
      if (pos >= end) return more(pos, 1);
      if (base + pos >= this.frameEnd) {
        if (base + pos > this.frameEnd) this.frameOverrun(base + pos);
        this.frameEnd = Infinity;
      }
      if ((++opcodes & 0x3fff) === 0) this.checkLimits(opcodes, base + pos);
      const op = bytes[pos++]!;
      switch (op) {
        case 0x28: // MARK
          marks.push(floor = stack.length);
          break;
        case 0x58: { // BINUNICODE
          if (pos + 4 > end) return more(start, 5);
          const length = view.getUint32(pos, true);
          if (pos + 4 + length > end) return more(start, 5 + length);
          stack.push(string(pos + 4, pos += 4 + length));
          break;
        }
        case 0x8c: { // SHORT_BINUNICODE
          if (pos >= end) return more(start, 2);
          const length = bytes[pos]!;
          if (pos + 1 + length > end) return more(start, 2 + length);
          stack.push(string(pos + 1, pos += 1 + length));
          break;
        }
        case 0x4b: // BININT1
          if (pos >= end) return more(start, 2);
          stack.push(bytes[pos++]!);
          break;
        case 0x4d: // BININT2
          if (pos + 2 > end) return more(start, 3);
          stack.push(view.getUint16(pos, true));
          pos += 2;
          break;
        case 0x4a: // BININT
          if (pos + 4 > end) return more(start, 5);
          stack.push(view.getInt32(pos, true));
          pos += 4;
          break;
        case 0x47: { // BINFLOAT
          if (pos + 8 > end) return more(start, 9);
          stack.push(pyFloat(view.getFloat64(pos)));
          pos += 8;
          break;
        }
        case 0x71: // BINPUT
          if (pos >= end) return more(start, 2);
          this.put(bytes[pos++]!, this.top(floor, start + base));
          break;
        case 0x72: // LONG_BINPUT
          if (pos + 4 > end) return more(start, 5);
          this.put(view.getUint32(pos, true), this.top(floor, start + base));
          pos += 4;
          break;
        case 0x94: { // MEMOIZE
          const value = this.top(floor, start + base);
          if (this.farMemo.size === 0) memo.push(value);
          else this.put(memo.length + this.farMemo.size, value);
          break;
        }
        case 0x68: { // BINGET
          if (pos >= end) return more(start, 2);
          const index = bytes[pos++]!;
          stack.push(index < memo.length ? memo[index]! : this.get(index, start + base));
          break;
        }
        case 0x6a: { // LONG_BINGET
          if (pos + 4 > end) return more(start, 5);
          const index = view.getUint32(pos, true);
          pos += 4;
          stack.push(index < memo.length ? memo[index]! : this.get(index, start + base));
          break;
        }
        case 0x85: // TUPLE1
          stack.push(new PyTuple([this.pop(floor, start + base)]));
          break;
        case 0x86: { // TUPLE2
          const b = this.pop(floor, start + base);
          stack.push(new PyTuple([this.pop(floor, start + base), b]));
          break;
        }
        case 0x87: { // TUPLE3
          const c = this.pop(floor, start + base);
          const b = this.pop(floor, start + base);
          stack.push(new PyTuple([this.pop(floor, start + base), b, c]));
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
          this.setItems(this.top(floor, start + base), flat, start + base);
          break;
        }
        case 0x73: { // SETITEM
          const value = this.pop(floor, start + base);
          const key = this.pop(floor, start + base);
          this.setItems(this.top(floor, start + base), [key, value], start + base);
          break;
        }
        case 0x65: { // APPENDS
          const items = this.slice(start + base);
          floor = this.floor();
          this.addTo(this.top(floor, start + base), items, start + base);
          break;
        }
        case 0x61: { // APPEND
          const item = this.pop(floor, start + base);
          this.addTo(this.top(floor, start + base), [item], start + base);
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
          stack.push(this.call("reduce", this.pop(floor, start + base), args, start + base));
          break;
        }
        case 0x81: { // NEWOBJ
          const args = this.pop(floor, start + base);
          stack.push(this.call("newobj", this.pop(floor, start + base), args, start + base));
          break;
        }
        case 0x62: { // BUILD
          const state = this.pop(floor, start + base);
          const object = this.top(floor, start + base);
          this.build(object, state, start + base);
          if (inlineAfter && object instanceof PyObject && inlineAfter(object)) {
            this.opcodes = opcodes;
            return { kind: "inline", at: base + pos, object };
          }
          break;
        }
        case 0x51: // BINPERSID
          stack.push(new PyPersistent(this.pop(floor, start + base)));
          break;
        case 0x63: { // GLOBAL
          const first = lineEnd(pos);
          const second = first < 0 ? -1 : lineEnd(first + 1);
          if (second < 0) return more(start, end - start + 1);
          const module = text.decodeUtf8(bytes.subarray(pos, first), start + base);
          const name = text.decodeUtf8(bytes.subarray(first + 1, second), start + base);
          pos = second + 1;
          stack.push(this.import(module, name, start + base, "GLOBAL"));
          break;
        }
        case 0x93: { // STACK_GLOBAL
          const name = this.pop(floor, start + base);
          const module = this.pop(floor, start + base);
          stack.push(this.import(module, name, start + base, "STACK_GLOBAL"));
          break;
        }
        case 0x2e: { // STOP
          if (marks.length > 0) throw corrupt("STOP stands on an open MARK", start + base);
          this.opcodes = opcodes;
          return { kind: "done", value: this.pop(0, start + base), end: base + pos };
        }
        case 0x8a: { // LONG1
          if (pos >= end) return more(start, 2);
          const length = bytes[pos]!;
          if (pos + 1 + length > end) return more(start, 2 + length);
          stack.push(text.decodeLong(bytes.subarray(pos + 1, pos += 1 + length)));
          break;
        }
        case 0x8b: { // LONG4
          if (pos + 4 > end) return more(start, 5);
          const length = view.getInt32(pos, true);
          if (length < 0) throw corrupt("LONG4 has a negative length", start + base);
          this.checkLength(pos + 4 + base, length);
          if (length > limits.integer) {
            throw limitError(`An int has ${length} bytes`, limits.integer, "integer", start + base);
          }
          if (pos + 4 + length > end) return more(start, 5 + length);
          stack.push(text.decodeLong(bytes.subarray(pos + 4, pos += 4 + length)));
          break;
        }
        case 0x80: { // PROTO
          if (pos >= end) return more(start, 2);
          const protocol = bytes[pos++]!;
          if (protocol > 5) {
            throw corrupt(`PROTO announces protocol ${protocol}; the highest is 5`, start + base);
          }
          this.protocol = protocol;
          break;
        }
        case 0x95: { // FRAME
          if (pos + 8 > end) return more(start, 9);
          const length = uint64(view, pos);
          pos += 8;
          this.checkLength(pos + base, length);
          if (this.frameEnd !== Infinity) {
            this.anomaly(
              "frame-nested",
              "suspicious",
              "A FRAME stands inside a frame",
              start + base,
            );
          }
          this.frameEnd = pos + base + length;
          break;
        }
        case 0x43: // SHORT_BINBYTES
        case 0x42: // BINBYTES
        case 0x8e: // BINBYTES8
        case 0x96: { // BYTEARRAY8
          const width = op === 0x43 ? 1 : op === 0x42 ? 4 : 8;
          if (pos + width > end) return more(start, 1 + width);
          const length = width === 1
            ? bytes[pos]!
            : width === 4
            ? view.getUint32(pos, true)
            : uint64(view, pos);
          const from = pos + width;
          this.checkLength(from + base, length);
          const kind = op === 0x96 ? "bytearray" : "bytes";
          if (length >= spanFrom) {
            stack.push(new PyBytes(kind, null, { offset: base + from, length }));
          } else {
            if (from + length > end) return more(start, 1 + width + length);
            const data = bytes.subarray(from, from + length);
            stack.push(new PyBytes(kind, op === 0x96 ? data.slice() : data));
          }
          pos = from + length;
          break;
        }
        case 0x8d: { // BINUNICODE8
          if (pos + 8 > end) return more(start, 9);
          const length = uint64(view, pos);
          this.checkLength(pos + 8 + base, length);
          if (pos + 8 + length > end) return more(start, 9 + length);
          stack.push(string(pos + 8, pos += 8 + length));
          break;
        }
        case 0x8f: // EMPTY_SET
          stack.push(new PySet());
          break;
        case 0x90: { // ADDITEMS
          const items = this.slice(start + base);
          floor = this.floor();
          const target = this.top(floor, start + base);
          if (target instanceof PySet && !target.frozen) {
            this.hashable(items, 1, start + base);
            target.add(items);
          } else if (target instanceof PyObject) append(target.items ??= [], items);
          else throw corrupt(`ADDITEMS on ${describe(target)}`, start + base);
          break;
        }
        case 0x91: { // FROZENSET
          const items = this.slice(start + base);
          floor = this.floor();
          this.hashable(items, 1, start + base);
          stack.push(new PySet(items, true));
          break;
        }
        case 0x92: { // NEWOBJ_EX
          const kwargs = this.pop(floor, start + base);
          const args = this.pop(floor, start + base);
          const callee = this.pop(floor, start + base);
          if (!(kwargs instanceof PyDict)) throw corrupt("NEWOBJ_EX without a dict", start + base);
          const object = this.call("newobj-ex", callee, args, start + base) as PyObject;
          object.kwargs = kwargs;
          stack.push(object);
          break;
        }
        case 0x30: // POP
          if (stack.length > floor) this.discard(stack.pop()!);
          else if (marks.length > 0) {
            marks.pop();
            floor = this.floor();
          } else throw underflow(start + base);
          break;
        case 0x31: // POP_MARK
          for (const value of this.slice(start + base)) this.discard(value);
          floor = this.floor();
          break;
        case 0x32: // DUP
          stack.push(this.top(floor, start + base));
          break;
        case 0x64: { // DICT
          const flat = this.slice(start + base);
          floor = this.floor();
          const dict = new PyDict();
          this.setItems(dict, flat, start + base);
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
          if (pos + width > end) return more(start, 1 + width);
          const length = width === 4 ? view.getInt32(pos, true) : bytes[pos]!;
          if (length < 0) throw corrupt("BINSTRING has a negative length", start + base);
          const from = pos + width;
          if (from + length > end) return more(start, 1 + width + length);
          stack.push(this.byteString(bytes.slice(from, from + length), start + base));
          pos = from + length;
          break;
        }
        case 0x46: // FLOAT
        case 0x49: // INT
        case 0x4c: // LONG
        case 0x50: // PERSID
        case 0x53: // STRING
        case 0x56: // UNICODE
        case 0x67: // GET
        case 0x70: { // PUT
          const at = lineEnd(pos);
          if (at < 0) return more(start, end - start + 1);
          this.textOpcode(op, bytes.subarray(pos, at), start + base, floor);
          pos = at + 1;
          break;
        }
        case 0x69: { // INST
          const first = lineEnd(pos);
          const second = first < 0 ? -1 : lineEnd(first + 1);
          if (second < 0) return more(start, end - start + 1);
          const args = new PyTuple(this.slice(start + base));
          floor = this.floor();
          const module = text.decodeUtf8(bytes.subarray(pos, first), start + base);
          const name = text.decodeUtf8(bytes.subarray(first + 1, second), start + base);
          pos = second + 1;
          const cls = this.import(module, name, start + base, "INST");
          stack.push(this.call("instance", cls, args, start + base));
          break;
        }
        case 0x6f: { // OBJ
          const items = this.slice(start + base);
          floor = this.floor();
          if (items.length === 0) throw underflow(start + base);
          const cls = items.shift()!;
          stack.push(this.call("instance", cls, new PyTuple(items), start + base));
          break;
        }
        case 0x82: // EXT1
        case 0x83: // EXT2
        case 0x84: { // EXT4
          const width = op === 0x82 ? 1 : op === 0x83 ? 2 : 4;
          if (pos + width > end) return more(start, 1 + width);
          const code = width === 1
            ? bytes[pos]!
            : width === 2
            ? view.getUint16(pos, true)
            : view.getInt32(pos, true);
          if (code <= 0) throw corrupt(`The extension code ${code} is not positive`, start + base);
          pos += width;
          const message = `A class is named by extension code ${code} only`;
          this.anomaly("extension-code", "suspicious", message, start + base);
          stack.push(new PyExtension(code));
          break;
        }
        case 0x97: { // NEXT_BUFFER
          const buffer = this.options.buffers?.[this.nextBuffer++];
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

  private checkLimits(opcodes: number, offset: number): void {
    const { limits } = this;
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

  private anomaly(
    rule: PickleAnomaly["rule"],
    level: PickleAnomaly["level"],
    message: string,
    offset: number,
  ): void {
    // One storm of a thousand equal findings tells no more than the first few.
    if (this.anomalies.length < 1000) this.anomalies.push({ rule, level, message, offset });
  }

  private frameOverrun(offset: number): void {
    this.anomaly("frame-overrun", "suspicious", "An opcode crosses the end of its frame", offset);
  }

  private import(module: PyValue, name: PyValue, offset: number, opcode: string): PyGlobal {
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
    this.globals.push({ global, offset, opcode });
    return global;
  }

  private call(form: PyObjectForm, callee: PyValue, args: PyValue, offset: number): PyValue {
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
      const what = isComputed(callee) ? "itself computed" : describe(callee);
      this.anomaly("computed-callee", "dangerous", `What is called is ${what}`, offset);
    }
    return new PyObject(form, callee, args);
  }

  private build(object: PyValue, state: PyValue, offset: number): void {
    if (object instanceof PyObject) {
      if (!object.states) object.states = [state];
      else {
        object.states.push(state);
        this.anomaly("second-state", "suspicious", "An object is given a state twice", offset);
      }
    } else if (!this.mutatesForeign("BUILD", object, offset)) {
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

  private addTo(target: PyValue, items: PyValue[], offset: number): void {
    if (Array.isArray(target)) append(target, items);
    else if (target instanceof PyObject) append(target.items ??= [], items);
    else if (!this.mutatesForeign("APPENDS", target, offset)) {
      throw corrupt(`APPENDS on ${describe(target)}`, offset);
    }
  }

  private setItems(target: PyValue, flat: PyValue[], offset: number): void {
    if (flat.length % 2 !== 0) throw corrupt("A dict key has no value", offset);
    if (target instanceof PyDict || target instanceof PyObject) {
      this.hashable(flat, 2, offset);
      if (target instanceof PyDict) target.append(flat);
      else (target.entries ??= new PyDict()).append(flat);
    } else if (!this.mutatesForeign("SETITEMS", target, offset)) {
      throw corrupt(`SETITEMS on ${describe(target)}`, offset);
    }
  }

  private hashable(values: readonly PyValue[], step: number, offset: number): void {
    for (let i = 0; i < values.length; i += step) {
      const key = values[i]!;
      if (typeof key === "string" || typeof key === "number") continue;
      if (!isHashable(key)) throw corrupt(`${describe(key)} can't be a key`, offset);
    }
  }

  private discard(value: PyValue): void {
    if (!(value instanceof PyObject) || value.form !== "reduce") return;
    this.discarded.push(value);
    const target = value.args.items[0];
    // The sixth item of __reduce_ex__: setter(object, state), its result thrown away.
    if (value.args.items.length === 2 && target instanceof PyObject) {
      (target.setters ??= []).push(value);
    }
  }

  private byteString(bytes: Uint8Array<ArrayBuffer>, offset: number): PyValue {
    const { encoding = "auto" } = this.options;
    if (encoding === "latin1") return text.decodeLatin1(bytes);
    if (encoding === "utf-8") return text.decodeUtf8(bytes, offset);
    if (encoding !== "bytes" && text.isAscii(bytes)) return text.decodeLatin1(bytes);
    if (encoding !== "ASCII") return new PyBytes("bytes", bytes);
    throw new StateDictError("corrupt", "A Python 2 string is not ASCII", {
      offset,
      hint: "read it with encoding latin1 or bytes",
    });
  }

  private textOpcode(op: number, line: Uint8Array, offset: number, floor: number): void {
    const { stack } = this;
    if (op === 0x56) { // UNICODE
      stack.push(text.decodeRawUnicodeEscape(line, offset));
      return;
    }
    if (op === 0x53) { // STRING
      stack.push(this.byteString(text.decodeQuotedString(line, offset), offset));
      return;
    }
    const word = text.decodeLatin1(line);
    if (op === 0x50) { // PERSID
      if (!text.isAscii(line)) throw corrupt("A persistent id is not ASCII", offset);
      this.anomaly("text-persistent-id", "suspicious", "An object is named by a text id", offset);
      stack.push(new PyPersistent(word));
    } else if (op === 0x46) { // FLOAT
      const value = text.parsePythonFloat(word);
      if (value === undefined) throw corrupt("A FLOAT argument is no float", offset);
      stack.push(value);
    } else if (op === 0x49 && (word === "00" || word === "01")) { // INT spells bools so
      stack.push(word === "01");
    } else {
      if (word.length > this.limits.integer) {
        throw limitError(
          `An int has ${word.length} digits`,
          this.limits.integer,
          "integer",
          offset,
        );
      }
      const digits = op === 0x4c && word.endsWith("L") ? word.slice(0, -1) : word;
      const value = text.parsePythonInt(digits);
      if (value === undefined) throw corrupt("An int argument is no int", offset);
      if (op === 0x67) stack.push(this.get(value, offset)); // GET
      else if (op === 0x70) { // PUT
        if (value < 0) throw corrupt("A memo index is negative", offset);
        this.put(value, this.top(floor, offset));
      } else stack.push(value);
    }
  }
}

const latin1Decoder = new TextDecoder("latin1");

/** Only its ASCII parts are used: the decoder is windows-1252, which agrees below 0x80. */
function latin1Of(bytes: Uint8Array): string {
  return latin1Decoder.decode(bytes);
}

/** A u64 as a number: exact below 2^53, and far beyond any stream above. */
function uint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

function append(target: PyValue[], items: PyValue[]): void {
  for (let i = 0; i < items.length; i++) target.push(items[i]!);
}

/** Whether a value is one that only running code could tell. */
function isComputed(value: PyValue): boolean {
  return value instanceof PyObject || value instanceof PyPersistent;
}

function describe(value: PyValue): string {
  if (value === null) return "None";
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object") return `a ${typeof value}`;
  if (value instanceof PyTuple) return "a tuple";
  if (value instanceof PyDict) return "a dict";
  if (value instanceof PySet) return value.frozen ? "a frozenset" : "a set";
  if (value instanceof PyBytes) return value.kind;
  return "an object of another kind";
}

function corrupt(message: string, offset: number): StateDictError {
  return new StateDictError("corrupt", message, { offset });
}

function underflow(offset: number): StateDictError {
  return corrupt("The stack has too few values", offset);
}
