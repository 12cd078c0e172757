/**
 * The short escapes of JSON (RFC 8259, section 7).
 *
 * @module
 */

/** What the character behind a backslash stands for; `u` has its own rules. */
export const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
