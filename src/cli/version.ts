/**
 * The version, here because a program under `-R=FILE` can't read its own package.json.
 *
 * @module
 */

/** The version of statedict; a test holds it equal to package.json and deno.json. */
export const VERSION = "0.1.0";
