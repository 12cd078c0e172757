/**
 * Keeps what was read, and reads ahead where reading goes on: many small reads become few.
 *
 * @module
 */

import { readParts } from "./scatter.ts";
import { checkAborted, checkRange } from "./source.ts";
import type { ByteSource } from "./source.ts";

/** Bytes kept, for all sources that share a budget. */
const BUDGET = 2 ** 25;

/** A read of more goes to its target without being kept: it is a tensor's, and read once. */
const KEPT = 2 ** 20;

/** Bytes read beyond what was asked for: the first time, and at most. Doubled in between. */
const AHEAD = { least: 2 ** 16, most: 2 ** 23 };

/**
 * Bytes read before what was asked for, if it is somewhere else than the last: the short records of
 * an archive that are read next stand before its directory.
 */
const BEFORE = 2 ** 12;

/** Bytes that may be left out and still count as reading on: headers, padding, checksums. */
const SKIPPED = 2 ** 16;

/** A run of bytes that is kept, or on its way. */
interface Span {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Settles when the bytes are there; undefined once they are. */
  ready: Promise<void> | undefined;
  /** Takes it out of its source's list. */
  drop(): void;
}

/** What is kept of all sources that share it, the latest used last. */
export interface SpanBudget {
  /** Counts a span, or its use; the ones that were not used for longest go for it. */
  use(span: Span): void;
  /** Forgets a span. */
  free(span: Span): void;
}

interface Around {
  readonly before: number;
  readonly after: number;
}

/** Makes a budget of so many bytes. */
export function spanBudget(limit: number = BUDGET): SpanBudget {
  const spans = new Set<Span>();
  let total = 0;
  const free = (span: Span) => {
    if (!spans.delete(span)) return;
    total -= span.bytes.length;
    span.drop();
  };
  return {
    use(span) {
      if (!spans.delete(span)) total += span.bytes.length;
      spans.add(span);
      for (const oldest of spans) {
        if (total <= limit || oldest === span) break;
        free(oldest);
      }
    },
    free,
  };
}

/** What is known of a source already, and what may be kept of it. */
export interface CacheOptions {
  /** Bytes that are there before the first read, with their offsets. */
  readonly known?: readonly (readonly [offset: number, bytes: Uint8Array])[];
  /** Shared with other sources; one of its own by default. */
  readonly budget?: SpanBudget;
}

/** The same source with a memory. Closing it forgets, and closes the source. */
export function cacheSpans(source: ByteSource, options: CacheOptions = {}): ByteSource {
  const { size, name } = source;
  const { known = [], budget = spanBudget() } = options;
  const spans = new Set<Span>();
  let ahead = AHEAD.least;
  let last = { start: 0, end: 0 };

  const add = (at: number, bytes: Uint8Array, ready?: Promise<void>): Span => {
    const span: Span = { at, bytes, ready, drop: () => spans.delete(span) };
    spans.add(span);
    budget.use(span);
    return span;
  };
  for (const [at, bytes] of known) add(at, bytes);

  const find = (at: number): Span | undefined => {
    for (const span of spans) {
      if (at >= span.at && at < span.at + span.bytes.length) return span;
    }
    return undefined;
  };
  const nextSpan = (at: number): number => {
    let next = size;
    for (const span of spans) if (span.at > at && span.at < next) next = span.at;
    return next;
  };
  const spanBefore = (at: number): number => {
    let before = 0;
    for (const { at: start, bytes } of spans) {
      const end = start + bytes.length;
      if (end <= at && end > before) before = end;
    }
    return before;
  };
  /** Reads `part` with what lies around it; the promise is of the part. */
  const fetch = async (at: number, part: Uint8Array, around: Around, signal?: AbortSignal) => {
    const large = part.length > KEPT;
    const [before, after] = [new Uint8Array(around.before), new Uint8Array(around.after)];
    const start = at - before.length;
    const whole = large ? part : new Uint8Array(before.length + part.length + after.length);
    const parts = large ? [before, part, after] : [whole];
    const done = readParts(source, start, parts, signal);
    const kept = large
      ? [add(start, before, done), add(at + part.length, after, done)]
      : [add(start, whole, done)];
    try {
      await done;
    } catch (error) {
      kept.forEach(budget.free);
      throw error;
    }
    for (const span of kept) span.ready = undefined;
    if (!large) part.set(whole.subarray(before.length, before.length + part.length));
  };
  const copy = async (span: Span, at: number, part: Uint8Array, signal?: AbortSignal) => {
    budget.use(span);
    try {
      await span.ready;
    } catch {
      return await source.read(at, part, signal); // another reader's request, and its fate
    }
    part.set(span.bytes.subarray(at - span.at, at - span.at + part.length));
  };

  return {
    size,
    name,
    async read(offset, target, signal) {
      checkRange(source, offset, target.length);
      checkAborted(signal);
      const end = offset + target.length;
      const readsOn = offset > last.start && offset <= last.end + SKIPPED;
      last = { start: offset, end };
      if (!readsOn) ahead = AHEAD.least;
      const parts: Promise<void>[] = [];
      for (let at = offset; at < end;) {
        const span = find(at);
        const stop = Math.min(end, span ? span.at + span.bytes.length : nextSpan(at));
        const part = target.subarray(at - offset, stop - offset);
        if (span) parts.push(copy(span, at, part, signal));
        else {
          const before = readsOn ? 0 : Math.min(BEFORE, at - spanBefore(at));
          const after = stop < end ? 0 : Math.min(ahead, nextSpan(at) - stop);
          parts.push(fetch(at, part, { before, after }, signal));
          ahead = Math.min(2 * ahead, AHEAD.most);
        }
        at = stop;
      }
      await Promise.all(parts);
    },
    async close() {
      for (const span of [...spans]) budget.free(span);
      await source.close();
    },
  };
}
