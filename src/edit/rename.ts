/**
 * Renaming rules: regular expressions, as `FROM=TO`.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** A rule: what matches the pattern is replaced; `$1` stands for a group. */
export interface RenameRule {
  /** The pattern. */
  readonly from: RegExp;
  /** The replacement. */
  readonly to: string;
}

/** Reads `FROM=TO`; an `=` in the pattern is written `\=`. */
export function parseRename(text: string): RenameRule {
  const split = /(?<!\\)=/.exec(text)?.index ?? -1;
  if (split < 1) {
    throw new StateDictError("usage", `${JSON.stringify(text)} is no renaming`, {
      hint: "write FROM=TO, such as '^module\\.='",
    });
  }
  const pattern = text.slice(0, split).replaceAll("\\=", "=");
  try {
    return { from: new RegExp(pattern, "gu"), to: text.slice(split + 1) };
  } catch (cause) {
    throw new StateDictError("usage", `${JSON.stringify(pattern)} is no regular expression`, {
      cause,
    });
  }
}

/** Applies the rules in turn. */
export function renamer(rules: readonly RenameRule[]): (name: string) => string {
  return (name) => rules.reduce((text, { from, to }) => text.replace(from, to), name);
}
