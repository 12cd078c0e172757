/**
 * Colour, where it is wanted.
 *
 * @module
 */

import type { Stream, Terminal } from "./term.ts";

/** SGR codes: the eight colours that every terminal maps to something legible. */
const STYLES = { bold: 1, dim: 2, underline: 4, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** How a text may look. */
export type Style = keyof typeof STYLES;

/** The text in a style if `on`. The text must be safe for a terminal already. */
export function paint(on: boolean, style: Style, text: string): string {
  return on && text !== "" ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
}

/** Gives styles where there is colour. */
export function painter(on: boolean): ((style: Style, text: string) => string) | undefined {
  return on ? (style, text) => paint(on, style, text) : undefined;
}

/** Whether a stream gets colour: what the user says, else NO_COLOR, FORCE_COLOR, the terminal. */
export function wantsColor(terminal: Terminal, stream: Stream, said: boolean | undefined): boolean {
  if (said !== undefined) return said;
  if (terminal.env("NO_COLOR")) return false;
  const force = terminal.env("FORCE_COLOR");
  if (force) return force !== "0" && force !== "false";
  return terminal.isTerminal(stream);
}
