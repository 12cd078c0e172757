/**
 * Renaming rules: regular expressions, as `FROM=TO`.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { UnusedRules } from "./watch.ts";

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

/** Applies the rules in turn; `used` is called of one that changes a name. */
export function renamer(
  rules: readonly (RenameRule & { readonly used?: () => void })[],
): (name: string) => string {
  return (name) =>
    rules.reduce((text, { from, to, used }) => {
      const renamed = text.replace(from, to);
      if (renamed !== text) used?.();
      return renamed;
    }, name);
}

/** What changes names. */
export interface Renaming {
  /** Regular expressions as `FROM=TO`, or ready rules. */
  readonly rename?: readonly (string | RenameRule)[];
  /** Beginnings of names to take away, such as `module.`. */
  readonly stripPrefix?: readonly string[];
  /** What to put before every name. */
  readonly addPrefix?: string;
}

/** Rules act on whole paths; prefixes on what a tensor is called where it lies. */
export function namer(
  edits: Renaming,
  isTensor: (path: string) => boolean,
  unused: UnusedRules,
): (path: string, parent: string) => string {
  const rename = renamer((edits.rename ?? []).map((given) => {
    const rule = typeof given === "string" ? parseRename(given) : given;
    const text = typeof given === "string" ? given : `${given.from.source}=${given.to}`;
    return { ...rule, used: unused.watch("rename", text) };
  }));
  const prefixes = (edits.stripPrefix ?? []).map((prefix) => {
    return { prefix, used: unused.watch("stripPrefix", prefix) };
  });
  return (path, parent) => {
    const renamed = rename(path);
    if ((prefixes.length === 0 && !edits.addPrefix) || !isTensor(path)) return renamed;
    const home = parent !== "" && renamed.startsWith(`${parent}.`) ? `${parent}.` : "";
    let name = renamed.slice(home.length);
    for (const { prefix, used } of prefixes) {
      if (name.startsWith(prefix)) {
        used();
        name = name.slice(prefix.length);
      } else if (renamed.startsWith(prefix)) {
        used();
        return `${edits.addPrefix ?? ""}${renamed.slice(prefix.length)}`;
      }
    }
    return `${home}${edits.addPrefix ?? ""}${name}`;
  };
}
