/**
 * What the program ends with.
 *
 * @module
 */

/** Exit statuses. 1 is a command's own: the answer is no. */
export const EXIT = { fine: 0, negative: 1, usage: 2, unreadable: 3, interrupted: 130 } as const;
