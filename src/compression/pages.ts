/**
 * The last bytes of a stream, in pages, so that a reader may go back as far as they reach.
 *
 * @module
 */

/** Bytes a page. */
export const PAGE: number = 2 ** 20;

/** A stretch of a stream that is kept. */
export interface Pages {
  /** Offset of the first byte that is kept. */
  readonly start: number;
  /** Offset behind the last. */
  readonly end: number;
  /** Appends bytes, as many as fit into the last page, and says how many those are. */
  append(bytes: Uint8Array): number;
  /** Fills `target` from `offset` on with what is kept, and says how many bytes that are. */
  copy(offset: number, target: Uint8Array): number;
}

/** Keeps about the last `keep` bytes of what is appended, and no fewer than a page. */
export function slidingPages(keep: number): Pages {
  const most = Math.max(2, Math.floor(keep / PAGE));
  const pages = new Map<number, Uint8Array>();
  let first = 0;
  let end = 0;
  /** The page that comes next: the oldest one's memory again, once there are enough. */
  const addPage = (index: number) => {
    let page: Uint8Array | undefined;
    if (pages.size === most) {
      page = pages.get(first);
      pages.delete(first++);
    }
    pages.set(index, page ?? new Uint8Array(PAGE));
  };
  return {
    get start() {
      return first * PAGE;
    },
    get end() {
      return end;
    },
    append(bytes) {
      const index = Math.floor(end / PAGE);
      const at = end % PAGE;
      if (at === 0) addPage(index);
      const fitting = bytes.subarray(0, PAGE - at);
      pages.get(index)!.set(fitting, at);
      end += fitting.length;
      return fitting.length;
    },
    copy(offset, target) {
      const stop = Math.min(offset + target.length, end);
      for (let at = offset; at < stop;) {
        const page = pages.get(Math.floor(at / PAGE))!;
        const from = at % PAGE;
        const part = page.subarray(from, Math.min(PAGE, from + stop - at));
        target.set(part, at - offset);
        at += part.length;
      }
      return stop - offset;
    },
  };
}
