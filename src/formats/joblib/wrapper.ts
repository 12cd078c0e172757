/**
 * A wrapper that the machine has met, and the stream it stands in.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { ByteSource } from "../../io/source.ts";
import type { PyDict } from "../../pickle/dict.ts";
import type { InlineValue } from "../../pickle/read.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { ReduceContext } from "../../pickle/view.ts";
import type { FormatOptions, OpenedShard } from "../format.ts";

/** A stream that holds wrappers. */
export interface JoblibStream {
  /** The stream; arrays keep it to read their bytes later. */
  readonly source: ByteSource;
  /** The same stream, for small reads from front to back. */
  readonly ahead: ByteSource;
  /** How it was opened. */
  readonly options: FormatOptions;
  /** Files beside it that hold arrays. */
  readonly shards: OpenedShard[];
  /** Reads the pickle that an array of objects is. */
  readPickle(at: number): Promise<InlineValue>;
}

/** A wrapper with its attributes. */
export interface Wrapper {
  /** The attributes. */
  readonly attributes: PyDict;
  /** Where the opcodes go on, or the array's bytes begin. */
  readonly at: number;
  /** Tells this array from the others of the stream. */
  readonly id: string;
  /** What its dtype stands for. */
  readonly context: ReduceContext;
}

/** Turns a wrapper into the array. */
export type ReadWrapper = (stream: JoblibStream, wrapper: Wrapper) => Promise<InlineValue>;

/** An attribute that must be there. */
export function required({ attributes, at }: Wrapper, name: string): PyValue {
  const value = attributes.get(name);
  if (value !== undefined) return value;
  throw new StateDictError("corrupt", `An array of joblib has no ${name}`, { offset: at });
}
