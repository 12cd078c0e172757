/**
 * What tells one version of a remote file from the next.
 *
 * @module
 */

import { changedProblem } from "./problems.ts";

/** The marks of a version, as far as the server gives them. */
export interface Pin {
  /** Bytes of the file. */
  readonly total: number;
  /** The server's mark for the content. */
  readonly etag: string | null;
  /** When it was last changed. */
  readonly modified: string | null;
}

/** The marks that an answer bears. */
export function pinOf(headers: Headers, total: number): Pin {
  return { total, etag: headers.get("etag"), modified: headers.get("last-modified") };
}

/** Refuses an answer of another version than the first one's. */
export function checkSame(first: Pin, now: Pin, name: string): void {
  const same = first.total === now.total && first.etag === now.etag &&
    // Servers behind one name often agree on the content, and not on its date.
    (first.etag !== null || first.modified === now.modified);
  if (!same) throw changedProblem(name);
}

/** Asks for the range only if the file is the same still; weak marks and browsers can't. */
export function conditions({ etag, modified }: Pin): Record<string, string> {
  // There it would make the browser ask the server whether the header is welcome.
  if (!("Deno" in globalThis) && !("process" in globalThis)) return {};
  if (etag !== null) return etag.startsWith("W/") ? {} : { "If-Range": etag };
  return modified === null ? {} : { "If-Range": modified };
}
