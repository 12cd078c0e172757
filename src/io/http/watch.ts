/**
 * Ends a request that hangs, or that the caller stops.
 *
 * @module
 */

/** One try of a request, under watch. */
export interface Watch {
  /** Ends the request when it fires. */
  readonly signal: AbortSignal;
  /** Whether the time ran out. */
  readonly expired: boolean;
  /** Says that something came: the time begins anew. */
  touch(): void;
  /** Ends the request, if it is still under way, and the watch. */
  end(): void;
}

/** Watches a request that may be silent for so many milliseconds. */
export function startWatch(timeout: number, stop: AbortSignal | undefined): Watch {
  const controller = new AbortController();
  let expired = false;
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    ended = true;
    clearTimeout(timer);
    stop?.removeEventListener("abort", end);
    controller.abort();
  };
  const touch = () => {
    clearTimeout(timer);
    if (ended) return;
    timer = setTimeout(() => {
      expired = true;
      controller.abort();
    }, timeout);
  };
  stop?.addEventListener("abort", end);
  if (stop?.aborted) end();
  touch();
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    touch,
    end,
  };
}
