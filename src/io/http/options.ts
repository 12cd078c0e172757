/**
 * How a remote file is read.
 *
 * @module
 */

import type { AddressRules } from "./address.ts";

/** How a remote file is read. */
export interface HttpOptions extends AddressRules {
  /** Headers such as `Authorization`; only the address's own origin gets them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Times that a request is made before it has failed; 4 by default. */
  readonly tries?: number;
  /** Milliseconds to wait before the second try, 250 by default; twice as long before each next. */
  readonly backoff?: number;
  /** Milliseconds without a byte after which a try has failed; 30,000 by default. */
  readonly timeout?: number;
  /**
   * Most bytes to take into memory from a server that knows no ranges, where the whole file has to
   * be downloaded; 2 GiB by default.
   */
  readonly maxDownload?: number;
  /** Is told what takes longer than it should, such as a download of the whole file. */
  readonly warn?: (message: string) => void;
  /** Stops opening it; each read has a signal of its own. */
  readonly signal?: AbortSignal;
}
