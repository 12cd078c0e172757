/**
 * Reads a stream of pickles, one behind the other, as `pickle.load` reads them when it is called
 * again and again. Arrays that joblib puts between the opcodes are stepped over.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import { readAhead } from "../../io/read_ahead.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { readPickle } from "../../pickle/read.ts";
import type { InlineValue, Pickle, ReadOptions } from "../../pickle/read.ts";
import { PyObject } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PickleReport } from "../format.ts";
import type { FormatOptions, OpenedShard } from "../format.ts";
import { wrapperKind } from "../joblib/classes.ts";
import type { JoblibStream } from "../joblib/wrapper.ts";
import { findBuffer } from "./buffers.ts";
import { startsPickle } from "./sniff.ts";
import { isStorageLoad } from "./storage_loads.ts";

/** Byte strings at least so long are left where they lie: arrays, in practice. */
export const SPAN_FROM: number = 64 * 1024;

/** Pickles in one file: logs of results have thousands. */
const MAX_PICKLES = 100_000;

/** What the second and later pickles look at first: they are small, or the first window grows. */
const NEXT_WINDOW = 4 * 1024;

/** What a stream held. */
export interface PickleStream {
  /** The value of each pickle. */
  readonly values: PyValue[];
  /** What the pickles said of themselves. */
  readonly report: PickleReport;
  /** Whether joblib's wrappers were met. */
  readonly hasWrappers: boolean;
  /** Bytes behind the last pickle that are none. */
  readonly behind: number;
  /** Files beside it that hold arrays. */
  readonly shards: readonly OpenedShard[];
  /** Calls that give storages of PyTorch, in the order of the stream. */
  readonly storageLoads: readonly PyObject[];
}

/** Reads all pickles of a source. */
export function readStream(source: ByteSource, options: FormatOptions): Promise<PickleStream> {
  return new StreamReader(source, options).readAll();
}

function isBroken(error: unknown): boolean {
  return isStateDictError(error) && (error.code === "corrupt" || error.code === "truncated");
}

class StreamReader implements JoblibStream {
  readonly source: ByteSource;
  readonly ahead: ByteSource;
  readonly options: FormatOptions;
  readonly shards: OpenedShard[] = [];
  private readonly storageLoads: PyObject[] = [];
  private readonly pickles: Pickle[] = [];
  private readInline: ((object: PyObject, at: number) => Promise<InlineValue>) | null = null;

  constructor(source: ByteSource, options: FormatOptions) {
    this.source = source;
    this.options = options;
    this.ahead = readAhead(source);
  }

  async readAll(): Promise<PickleStream> {
    const { source } = this;
    const values: PyValue[] = [];
    let at = 0;
    do {
      const pickle = values.length === 0 ? await this.read(0) : await this.readNext(at);
      if (!pickle) break;
      values.push(pickle.value);
      at = pickle.end;
      if (values.length > MAX_PICKLES) {
        throw new StateDictError("limit", `The file has more than ${MAX_PICKLES} pickles`, {
          offset: at,
        });
      }
    } while (at < source.size);
    const hasWrappers = this.readInline !== null;
    const { shards, storageLoads } = this;
    const behind = source.size - at;
    if (behind > 0) {
      await (await import("./behind.ts")).refuseArchive(source, at, this.options.signal);
    }
    return {
      values,
      report: this.report(),
      hasWrappers,
      behind,
      shards,
      storageLoads,
    };
  }

  /** Reads one pickle with the arrays in it. */
  private async read(at: number): Promise<Pickle> {
    return await this.collect(at, {
      inlineAfter: (object) => wrapperKind(object) !== undefined,
      readInline: async (object, place) => {
        this.readInline ??= (await import("../joblib/arrays.ts")).wrapperReader(this);
        return await this.readInline(object, place);
      },
      ...(at === 0 ? {} : { firstWindow: NEXT_WINDOW }),
    });
  }

  /** A pickle that stands behind another one; undefined for bytes that are none. */
  private async readNext(at: number): Promise<Pickle | undefined> {
    const head = await readBytes(this.ahead, at, Math.min(2, this.source.size - at));
    try {
      return await this.read(at);
    } catch (error) {
      // Whatever begins as a pickle and breaks is a broken one; other bytes may be anything.
      if (!startsPickle(head) && isBroken(error)) return undefined;
      throw error;
    }
  }

  /** Reads the pickle that an array of objects is: no wrapper counts in it. */
  readPickle(at: number): Promise<Pickle> {
    return this.collect(at, { firstWindow: NEXT_WINDOW });
  }

  private async collect(at: number, more: ReadOptions): Promise<Pickle> {
    const { signal, limits, encoding, buffers } = this.options;
    const pickle = await readPickle(this.ahead, at, {
      source: this.source,
      spanFrom: SPAN_FROM,
      watch: (met) => met instanceof PyObject && isStorageLoad(met) && this.storageLoads.push(met),
      findBuffer: (index) => findBuffer(index, this.source, this.options),
      ...more,
      ...(signal ? { signal } : {}),
      ...(limits ? { limits } : {}),
      ...(encoding ? { encoding } : {}),
      ...(buffers ? { buffers } : {}),
    });
    this.pickles.push(pickle);
    return pickle;
  }

  /** What all pickles said, in the order of the stream: arrays' pickles lie inside others. */
  private report(): PickleReport {
    const report = new PickleReport();
    const byOffset = (a: { offset: number }, b: { offset: number }) => a.offset - b.offset;
    report.add({
      globals: this.pickles.flatMap(({ globals }) => globals).sort(byOffset),
      anomalies: this.pickles.flatMap(({ anomalies }) => anomalies).sort(byOffset),
    });
    return report;
  }
}
