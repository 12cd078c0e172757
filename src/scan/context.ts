/**
 * What every part of a scan is given.
 *
 * @module
 */

import type { ByteSource } from "../io/source.ts";
import type { Budget } from "./budget.ts";
import type { ScanLog } from "./log.ts";
import type { Place } from "./place.ts";

/** What a run of bytes was taken for: the kinds of file that claim it; none if nothing does. */
export type Claims = readonly string[];

/** The claim of bytes that couldn't be looked at to the end, which the log tells. */
export const UNREAD = "unread";

/** A scan of one file that is under way. */
export interface Scan {
  /** What was found. */
  readonly log: ScanLog;
  /** What it may still take. */
  readonly budget: Budget;
  /** Names that the caller allows. */
  readonly allow: ReadonlySet<string>;
  /** Opens a file beside the one that is scanned, by its plain name; absent where there is none. */
  readonly sibling?: ((name: string) => Promise<ByteSource>) | undefined;
  /** Looks at a run of bytes as at a file of its own. */
  look(source: ByteSource, place: Place): Promise<Claims>;
}
