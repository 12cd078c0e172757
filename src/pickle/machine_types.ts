/**
 * What a pickle machine is told, and what it tells.
 *
 * @module
 */

import type { ByteSource } from "../io/source.ts";
import type { PickleLimits } from "./limits.ts";
import type { PyGlobal, PyObject, PyPersistent, PyValue } from "./values.ts";

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
  /** Whether the machine pauses for buffers that it wasn't given; else they are an error. */
  readonly pauseForBuffers?: boolean;
  /** Byte strings at least so long stay in the stream; never by default. */
  readonly spanFrom?: number;
  /** The stream, as the byte strings that stay in it name it. */
  readonly source?: ByteSource;
  /** Where the stream ends, if that is known. */
  readonly size?: number;
  /** Asked after every BUILD of a call node: true if bytes that aren't opcodes follow. */
  readonly inlineAfter?: (object: PyObject) => boolean;
  /** Told of every call and every persistent id, also of those that the stream throws away. */
  readonly watch?: (met: PyObject | PyPersistent, offset: number) => void;
  /** What takes the place of a persistent id from the start, such as a class; others stay ids. */
  readonly resolveId?: (id: PyValue) => PyValue | undefined;
}

/** Why the machine stopped running. */
export type Pause =
  | { readonly kind: "done"; readonly value: PyValue; readonly end: number }
  /** It needs `length` bytes from `at` on. */
  | { readonly kind: "more"; readonly at: number; readonly length: number }
  /** Bytes that aren't opcodes stand at `at`; see {@linkcode PickleMachine.resume}. */
  | { readonly kind: "inline"; readonly at: number; readonly object: PyObject }
  /** It wants the out-of-band buffer of this number; see {@linkcode PickleMachine.provide}. */
  | { readonly kind: "buffer"; readonly at: number; readonly index: number };
