/**
 * A member of PyTorch's tar archives: pickles with numbers between them.
 *
 * @module
 */

import { locate, StateDictError } from "../../errors.ts";
import { readAhead } from "../../io/read_ahead.ts";
import { readBytes } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { readPickle } from "../../pickle/read.ts";
import type { ReadOptions } from "../../pickle/read.ts";
import { PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { PickleReport } from "../format.ts";
import type { FormatOptions } from "../format.ts";
import { idText } from "./storages.ts";

/** What the pickles between the numbers take: some hundred bytes each. */
const FIRST_WINDOW = 1024;

/** A member that is read from front to back. */
export class TarPart {
  /** Its bytes. */
  readonly source: ByteSource;
  /** What its pickles say of themselves. */
  readonly report: PickleReport = new PickleReport();
  /** Offset of what comes next. */
  at = 0;
  private readonly name: string;
  private readonly ahead: ByteSource;
  private readonly options: FormatOptions;

  /** Starts at the member's first byte. */
  constructor(name: string, source: ByteSource, options: FormatOptions) {
    this.name = name;
    this.source = source;
    this.ahead = readAhead(source);
    this.options = options;
  }

  /** Reads the next pickle. */
  async pickle(more: ReadOptions = {}): Promise<PyValue> {
    const { signal, limits, encoding } = this.options;
    try {
      const pickle = await readPickle(this.ahead, this.at, {
        source: this.source,
        firstWindow: FIRST_WINDOW,
        ...more,
        ...(signal ? { signal } : {}),
        ...(limits ? { limits } : {}),
        ...(encoding ? { encoding } : {}),
      });
      this.report.add(pickle, this.name);
      this.at = pickle.end;
      return pickle.value;
    } catch (error) {
      throw locate(error, undefined, this.name);
    }
  }

  /** Reads a pickle that is a count of items to come. */
  async count(): Promise<number> {
    const count = await this.pickle();
    if (typeof count === "number" && Number.isInteger(count) && count >= 0) return count;
    throw this.corrupt("has no count where its items begin");
  }

  /** Reads a pickle that is a tuple of so many parts. */
  async tuple(length: number): Promise<PyValue[]> {
    const tuple = await this.pickle();
    if (tuple instanceof PyTuple && tuple.items.length === length) return tuple.items;
    throw this.corrupt(`has no tuple of ${length} where an item begins`);
  }

  /** Reads whole numbers of 64 bits. */
  async int64(count: number): Promise<number[]> {
    const bytes = await this.bytes(count * 8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: count }, (_, i) => {
      const value = Number(view.getBigInt64(i * 8, true));
      if (Number.isSafeInteger(value)) return value;
      throw this.corrupt(`has the number ${value}`);
    });
  }

  /** Reads bytes. */
  async bytes(length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.checkRoom(length);
    const bytes = await readBytes(this.ahead, this.at, length, this.options.signal);
    this.at += length;
    return bytes;
  }

  /** Steps over bytes without reading them. */
  skip(length: number): void {
    this.checkRoom(length);
    this.at += length;
  }

  /** The error of a member that isn't as PyTorch wrote it. */
  corrupt(what: string): StateDictError {
    return new StateDictError("corrupt", `The member ${what}`, {
      offset: this.at,
      member: this.name,
    });
  }

  private checkRoom(length: number): void {
    if (length >= 0 && this.at + length <= this.source.size) return;
    throw this.corrupt(`ends at ${this.source.size}, but ${length} bytes are needed at ${this.at}`);
  }
}

/** The key of a storage or tensor: an int, or the text of one. */
export function tarKey(value: PyValue | undefined): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const text = idText(value);
  return text !== undefined && /^\d{1,20}$/.test(text) ? text : undefined;
}
