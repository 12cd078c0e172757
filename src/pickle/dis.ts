/**
 * Lists a pickle's opcodes without running them, however broken it is.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../errors.ts";
import { readArgument } from "./dis_arguments.ts";
import type { Argument } from "./dis_arguments.ts";
import { NameTracker } from "./dis_names.ts";
import type { Effect } from "./dis_names.ts";
import { Op, opcodeOf } from "./opcodes.ts";
import type { Opcode } from "./opcodes.ts";

export type { Argument } from "./dis_arguments.ts";
export type { Effect } from "./dis_names.ts";

/** One opcode of a pickle. */
export interface Instruction extends Effect {
  /** Tells it from the other lines of a listing. */
  readonly kind: "opcode";
  /** Where its byte stands. */
  readonly offset: number;
  /** Bytes with its argument. */
  readonly length: number;
  /** What it is. */
  readonly opcode: Opcode;
  /** Its argument. */
  readonly argument: Argument;
  /** Marks open around it. */
  readonly depth: number;
}

/** Bytes between the opcodes that are none: joblib's arrays. */
export interface RawData {
  /** Tells it from the other lines of a listing. */
  readonly kind: "data";
  /** The first byte. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** Where the listing ends because the pickle is broken. */
export interface BrokenEnd {
  /** Tells it from the other lines of a listing. */
  readonly kind: "error";
  /** Where it breaks. */
  readonly offset: number;
  /** What is wrong. */
  readonly error: StateDictError;
}

/** A line of a listing. */
export type Disassembled = Instruction | RawData | BrokenEnd;

/** What to list. */
export interface DisassembleOptions {
  /** Where the pickle begins; 0 unless told otherwise. */
  readonly start?: number;
  /** Bytes that are no opcodes: offset and length. */
  readonly gaps?: ReadonlyMap<number, number>;
}

/**
 * Lists the opcodes of one pickle up to its STOP. What is broken ends the list with a line that says
 * so; nothing is thrown. A next pickle, if there is one, begins where the last line ends.
 */
export function* disassemble(
  bytes: Uint8Array<ArrayBuffer>,
  options: DisassembleOptions = {},
): Generator<Disassembled, void, void> {
  const names = new NameTracker();
  let offset = options.start ?? 0;
  try {
    for (;;) {
      const gap = options.gaps?.get(offset) ?? 0;
      if (gap > 0) {
        yield { kind: "data", offset, length: gap };
        offset += gap;
      }
      const instruction = readInstruction(bytes, offset, names);
      yield instruction;
      if (instruction.opcode.byte === Op.STOP) return;
      offset += instruction.length;
    }
  } catch (error) {
    if (!isStateDictError(error)) throw error;
    yield { kind: "error", offset, error };
  }
}

function readInstruction(
  bytes: Uint8Array<ArrayBuffer>,
  offset: number,
  names: NameTracker,
): Instruction {
  const byte = bytes[offset];
  if (byte === undefined) {
    throw new StateDictError("truncated", "The pickle ends before its STOP", { offset });
  }
  const opcode = opcodeOf(byte);
  if (!opcode) {
    const hex = byte.toString(16).padStart(2, "0");
    throw new StateDictError("corrupt", `Byte 0x${hex} is no opcode`, { offset });
  }
  const { value: argument, end } = readArgument(bytes, opcode.argument, offset + 1);
  const before = names.marks;
  const effect = names.step(opcode, argument, offset);
  const depth = Math.min(before, names.marks);
  return { kind: "opcode", offset, length: end - offset, opcode, argument, depth, ...effect };
}
