/**
 * What the scan of one file may take: time, unpacked bytes, members, nesting.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkAborted } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { DEFAULT_PICKLE_LIMITS } from "../pickle/limits.ts";

/** The limits of a scan; each stops an attack on the scanner, each can be raised. */
export interface ScanLimits {
  /** Seconds for one file: what takes longer is told as suspicious, not as safe. */
  readonly seconds: number;
  /** Unpacked bytes in all: members that overlap make gigabytes of kilobytes. */
  readonly unpacked: number;
  /** Members of all archives together. */
  readonly members: number;
  /** Archives and packed streams inside one another. */
  readonly depth: number;
  /** Pickles inside byte strings of pickles. */
  readonly nested: number;
}

/** Enough for every model seen, little enough for a build server. */
export const DEFAULT_SCAN_LIMITS: ScanLimits = {
  seconds: 60,
  unpacked: 4 * 2 ** 30,
  members: 100_000,
  depth: 4,
  nested: 8,
};

/** Unpacked bytes that any file may become, beside 64 times its size. */
const FREE_UNPACKED = 512 * 2 ** 20;

/** Opcodes that a pickle of any file may have, beside those that its size explains. */
const FREE_OPCODES = 500_000;

/** Opcodes a byte of the file: each may take some hundred bytes of memory, and deflate packs 1000 to 1. */
const OPCODES_A_BYTE = 32;

/** What is left of a scan's limits. */
export class Budget {
  /** The limits. */
  readonly limits: ScanLimits;
  /** Stops the scan. */
  readonly signal: AbortSignal | undefined;
  /** Opcodes that one pickle may have. */
  readonly opcodes: number;
  private readonly deadline: number;
  private readonly unpackedLimit: number;
  private unpacked = 0;
  private members = 0;

  /** Starts the clock for a file of `size` bytes. */
  constructor(size: number, limits: Partial<ScanLimits> = {}, signal?: AbortSignal) {
    this.limits = { ...DEFAULT_SCAN_LIMITS, ...limits };
    this.signal = signal;
    this.opcodes = Math.min(
      DEFAULT_PICKLE_LIMITS.opcodes,
      OPCODES_A_BYTE * size + FREE_OPCODES,
    );
    this.deadline = performance.now() + this.limits.seconds * 1000;
    this.unpackedLimit = Math.min(this.limits.unpacked, 64 * size + FREE_UNPACKED);
  }

  /** Unpacked bytes that may still be made. */
  get unpackedLeft(): number {
    return Math.max(0, this.unpackedLimit - this.unpacked);
  }

  /** Throws `limit` when the time is up. */
  checkTime(): void {
    checkAborted(this.signal);
    if (performance.now() < this.deadline) return;
    throw overBudget(`The scan took more than ${this.limits.seconds} s`, "seconds");
  }

  /** Counts unpacked bytes. */
  unpack(bytes: number): void {
    this.unpacked += bytes;
    this.checkTime();
    if (this.unpacked <= this.unpackedLimit) return;
    throw overBudget(`More than ${this.unpackedLimit} bytes were unpacked`, "unpacked");
  }

  /** Counts a member of an archive. */
  member(): void {
    this.checkTime();
    if (++this.members <= this.limits.members) return;
    throw overBudget(`There are more than ${this.limits.members} members`, "members");
  }

  /** A source whose every read looks at the clock, and whose closing closes nothing. */
  guard(source: ByteSource): ByteSource {
    const guarded: ByteSource = {
      size: source.size,
      name: source.name,
      read: async (offset, target) => {
        this.checkTime();
        await source.read(offset, target, this.signal);
      },
      close: () => Promise.resolve(),
    };
    if (source.readSync) {
      guarded.readSync = (offset, target) => {
        this.checkTime();
        source.readSync!(offset, target);
      };
    }
    if (source.view) {
      guarded.view = (offset, length) => {
        this.checkTime();
        return source.view!(offset, length);
      };
    }
    return guarded;
  }
}

function overBudget(message: string, limit: keyof ScanLimits): StateDictError {
  return new StateDictError("limit", message, {
    hint: `if you trust the file, raise limits.${limit}`,
  });
}
