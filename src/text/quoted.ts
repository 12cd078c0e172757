/**
 * Names from files in the text of errors.
 *
 * @module
 */

/** Characters of a name that are shown. */
const SHOWN = 80;

/** A name in quotes, on one line, and cut if it is very long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name);
}
