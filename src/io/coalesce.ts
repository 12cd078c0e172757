/**
 * Reads that are asked for at the same time and lie close together become one.
 *
 * @module
 */

import { lengthOf, readParts } from "./scatter.ts";
import type { ScatterSource } from "./scatter.ts";
import { checkRange } from "./source.ts";
import type { ByteSource } from "./source.ts";

/**
 * Bytes between two reads that are rather read than left out: at 10 MB/s they take 3 ms, and a
 * request of its own takes a round trip, which is 10 to 100.
 */
const GAP = 2 ** 15;

/** Reads under way at a time: as many as browsers open connections to a host. */
const AT_ONCE = 6;

interface Wanted {
  readonly offset: number;
  readonly parts: readonly Uint8Array[];
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** The same source, for readers that ask for many things at once. */
export function coalesce(source: ByteSource): ScatterSource {
  let queue: Wanted[] = [];
  let waiting = false;
  let running = 0;

  const send = () => {
    waiting = false;
    const groups = grouped(queue);
    const now = groups.slice(0, Math.max(0, AT_ONCE - running));
    queue = groups.slice(now.length).flat();
    for (const group of now) {
      running++;
      readGroup(source, group)
        .then(() => group.forEach((wanted) => wanted.resolve()))
        .catch((error) => group.forEach((wanted) => wanted.reject(error)))
        .finally(() => {
          running--;
          if (queue.length > 0) send();
        });
    }
  };
  const coalesced: ScatterSource = {
    size: source.size,
    name: source.name,
    read: (offset, target, signal) => coalesced.readParts(offset, [target], signal),
    async readParts(offset, parts, signal) {
      const length = lengthOf(parts);
      checkRange(source, offset, length);
      if (length === 0) return;
      await new Promise<void>((resolve, reject) => {
        queue.push({ offset, parts, end: offset + length, signal, resolve, reject });
        // All that is asked for before the next turn of the event loop counts as at the same time.
        if (!waiting) setTimeout(send, 0);
        waiting = true;
      });
    },
    close: () => source.close(),
  };
  return coalesced;
}

/** Neighbours together, in the order of the source; what different signals stop stays apart. */
function grouped(queue: readonly Wanted[]): Wanted[][] {
  const bySignal = new Map<AbortSignal | undefined, Wanted[]>();
  for (const wanted of queue) {
    const same = bySignal.get(wanted.signal);
    if (same) same.push(wanted);
    else bySignal.set(wanted.signal, [wanted]);
  }
  const groups: Wanted[][] = [];
  for (const same of bySignal.values()) {
    let end = Infinity;
    for (const wanted of same.sort((a, b) => a.offset - b.offset)) {
      const gap = wanted.offset - end;
      if (gap >= 0 && gap <= GAP) groups[groups.length - 1]!.push(wanted);
      else groups.push([wanted]);
      end = wanted.end;
    }
  }
  return groups;
}

async function readGroup(source: ByteSource, group: readonly Wanted[]): Promise<void> {
  const { offset, signal } = group[0]!;
  const parts: Uint8Array[] = [];
  let at = offset;
  for (const wanted of group) {
    if (wanted.offset > at) parts.push(new Uint8Array(wanted.offset - at));
    for (const part of wanted.parts) parts.push(part);
    at = wanted.end;
  }
  await readParts(source, offset, parts, signal);
}
