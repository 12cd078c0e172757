/**
 * Runs the pickle machine over one pickle for a scan: what was met before a break is kept, and what
 * joblib puts between the opcodes is stepped over.
 *
 * @module
 */

import { blamesBytes } from "../errors.ts";
import type { StateDictError } from "../errors.ts";
import { wrapperKind } from "../formats/joblib/classes.ts";
import type { ByteSource } from "../io/source.ts";
import { MachineEffects } from "../pickle/machine_effects.ts";
import { DEFAULT_PICKLE_LIMITS } from "../pickle/limits.ts";
import { readPickle } from "../pickle/read.ts";
import type { InlineValue } from "../pickle/read.ts";
import { attributeDicts } from "../pickle/state.ts";
import { PyBytes } from "../pickle/values.ts";
import type { PyObject, PyValue } from "../pickle/values.ts";
import type { Budget } from "./budget.ts";
import { CallWatch } from "./calls.ts";
import { oddWrapper } from "./wrappers.ts";

/** Byte strings at least so long are left in the stream: arrays, in practice. */
const SPAN_FROM = 64 * 1024;

/** An array that a wrapper of joblib says is in another file. */
export interface ExternalArray {
  /** The file, as the pickle names it; undefined if it doesn't. */
  readonly name: string | undefined;
  /** Whether the file is opened by a reader that unpickles. */
  readonly unpickled: boolean;
  /** Where the pickle says so. */
  readonly offset: number;
}

/** One pickle that the machine has run over, whole or up to where it breaks. */
export interface PickleRun {
  /** Where it begins. */
  readonly start: number;
  /** Offset after its STOP; undefined if it breaks before. */
  readonly end: number | undefined;
  /** The value it builds. */
  readonly value: PyValue | undefined;
  /** Why it breaks. */
  readonly error: StateDictError | undefined;
  /** Names and anomalies. */
  readonly effects: MachineEffects;
  /** What the calls showed. */
  readonly calls: CallWatch;
  /** The pickles of arrays of objects between its opcodes. */
  readonly inner: readonly PickleRun[];
  /** Whether arrays stand between its opcodes. */
  readonly hasArrays: boolean;
  /** Whether it takes buffers that were saved beside it. */
  readonly hasBuffers: boolean;
  /** Arrays in other files. */
  readonly externals: readonly ExternalArray[];
}

/** How to run. */
export interface RunOptions {
  /** Whether joblib's wrappers are followed by arrays, as joblib reads them; on by default. */
  readonly wrappers?: boolean;
  /** Bytes to look at first. */
  readonly firstWindow?: number;
}

/** Runs one pickle. Never throws for what is in the bytes. */
export async function runPickle(
  source: ByteSource,
  start: number,
  budget: Budget,
  options: RunOptions = {},
): Promise<PickleRun> {
  const { wrappers = true, firstWindow } = options;
  const calls = new CallWatch();
  const inner: PickleRun[] = [];
  const externals: ExternalArray[] = [];
  let effects: MachineEffects = new MachineEffects(DEFAULT_PICKLE_LIMITS);
  let hasArrays = false;
  let hasBuffers = false;
  let readArray: ((object: PyObject, at: number) => Promise<InlineValue>) | undefined;
  const readInline = async (object: PyObject, at: number): Promise<InlineValue> => {
    const odd = oddWrapper(object);
    if (odd) calls.find("odd-wrapper", odd, at);
    if (wrapperKind(object) !== "NumpyArrayWrapper") {
      externals.push(externalArray(object, at));
      return { value: null, end: at };
    }
    hasArrays = true;
    readArray ??= await arrayReader(source, (from) => runObjects(source, from, budget, inner));
    return await readArray(object, at);
  };
  const made = { start, calls, inner, externals };
  try {
    const { value, end } = await readPickle(source, start, {
      limits: { opcodes: budget.opcodes },
      spanFrom: SPAN_FROM,
      watch: calls.met,
      onStart: (noted) => effects = noted,
      // The bytes of such a buffer lie elsewhere, and are only bytes.
      findBuffer: () => {
        hasBuffers = true;
        return Promise.resolve(new PyBytes("buffer", new Uint8Array(0)));
      },
      ...(wrappers
        ? { inlineAfter: (object: PyObject) => wrapperKind(object) !== undefined, readInline }
        : {}),
      ...(firstWindow === undefined ? {} : { firstWindow }),
    });
    return { ...made, effects, hasArrays, hasBuffers, end, value, error: undefined };
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    return { ...made, effects, hasArrays, hasBuffers, end: undefined, value: undefined, error };
  }
}

/** Runs the pickle that an array of objects is: no wrapper counts in it. */
async function runObjects(
  source: ByteSource,
  start: number,
  budget: Budget,
  inner: PickleRun[],
): Promise<InlineValue> {
  const run = await runPickle(source, start, budget, { wrappers: false });
  inner.push(run);
  if (run.end === undefined) throw run.error;
  return { value: run.value!, end: run.end };
}

/** The library's own reader of arrays between opcodes, with pickles that are watched. */
async function arrayReader(
  source: ByteSource,
  readObjects: (at: number) => Promise<InlineValue>,
): Promise<(object: PyObject, at: number) => Promise<InlineValue>> {
  const { wrapperReader } = await import("../formats/joblib/arrays.ts");
  return wrapperReader({
    source,
    ahead: source,
    options: {},
    shards: [],
    readPickle: readObjects,
  });
}

function externalArray(object: PyObject, offset: number): ExternalArray {
  const [attributes] = attributeDicts(object.state!, (same) => same) ?? [];
  const name = attributes?.get("filename");
  return {
    name: typeof name === "string" ? name : undefined,
    unpickled: wrapperKind(object) === "NDArrayWrapper",
    offset,
  };
}
