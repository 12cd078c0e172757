/**
 * UTF-8 from files, strictly: what is none is an error, and a byte order mark is a character.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** Where a text comes from, for errors. */
export interface TextOrigin {
  /** What it is called: `The header`. */
  readonly title: string;
  /** Its offset in the file. */
  readonly offset: number;
}

/** Decodes UTF-8. @throws `corrupt` where it is none. */
export function decodeUtf8(bytes: Uint8Array, { title, offset }: TextOrigin): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new StateDictError("corrupt", `${title} is not valid UTF-8`, { offset, cause });
  }
}
