/**
 * Reads a command line by a command's tables. Our own, because `node:util` costs Deno more than
 * starting does.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { argUsage, flagOf } from "./command.ts";
import type { AnyParsed, ArgSpecs, OptionSpec, OptionSpecs } from "./command.ts";
import { closest } from "./suggest.ts";
import { parseSize } from "./sizes.ts";

/** What {@linkcode parseArgs} reads by. */
export interface ArgTables {
  /** Positional arguments, in order. */
  readonly args: ArgSpecs;
  /** All options, the global ones too. */
  readonly options: OptionSpecs;
  /** The command as the user calls it, for the hints: `statedict inspect`. */
  readonly name: string;
}

/** An option as written: `--no-color` is the option `color` and says false. */
interface Flag {
  readonly key: string;
  readonly spec: OptionSpec;
  readonly says: boolean;
}

/** Reads the words after a command's name; throws `usage` for what doesn't fit. */
export function parseArgs(words: readonly string[], tables: ArgTables): AnyParsed {
  const flags = flagTable(tables.options);
  const values = new Map<string, unknown>();
  const positional: string[] = [];
  let at = 0;

  const set = (flag: Flag, written: string, text: string | undefined) => {
    if (flag.spec.type === "boolean") {
      if (text !== undefined) throw usage(`${written} takes no value`, `write ${written} alone`);
      values.set(flag.key, flag.says);
      return;
    }
    const value = readValue(written, flag.spec, text ?? following(written, flag.spec));
    if (flag.spec.multiple) {
      const list = values.get(flag.key) as unknown[] | undefined;
      if (list) list.push(value);
      else values.set(flag.key, [value]);
    } else if (values.has(flag.key)) {
      throw usage(`${written} is given twice`, "give it once");
    } else values.set(flag.key, value);
  };

  const following = (written: string, spec: OptionSpec): string => {
    const next = words[at];
    if (next === undefined || (/^-./.test(next) && !isNumberLike(next))) {
      const value = spec.value ?? "VALUE";
      const joined = written.startsWith("--") ? `${written}=${value}` : `${written}${value}`;
      throw usage(`${written} needs a value`, `write ${joined}`);
    }
    at++;
    return next;
  };

  while (at < words.length) {
    const word = words[at++]!;
    if (word === "--") {
      for (; at < words.length; at++) positional.push(words[at]!);
    } else if (word === "-" || !word.startsWith("-")) {
      positional.push(word);
    } else if (word.startsWith("--")) {
      const [name, text] = splitOnce(word);
      set(flags.get(name) ?? fail(name, flags, tables), name, text);
    } else {
      readCluster(word, flags, set, () => fail(word, flags, tables));
    }
  }
  return { args: assign(positional, tables), options: withDefaults(values, tables.options) };
}

/** `-qf GLOB`, `-fGLOB`, `-f=GLOB`: letters until one takes what is left. */
function readCluster(
  word: string,
  flags: ReadonlyMap<string, Flag>,
  set: (flag: Flag, written: string, text: string | undefined) => void,
  unknown: () => never,
): void {
  for (let i = 1; i < word.length; i++) {
    const written = `-${word[i]}`;
    const flag = flags.get(written) ?? unknown();
    if (flag.spec.type === "boolean") set(flag, written, undefined);
    else {
      const rest = word.slice(i + 1).replace(/^=/, "");
      set(flag, written, i + 1 < word.length ? rest : undefined);
      return;
    }
  }
}

function flagTable(options: OptionSpecs): Map<string, Flag> {
  const flags = new Map<string, Flag>();
  for (const [key, spec] of Object.entries(options)) {
    const flag = flagOf(key);
    flags.set(flag, { key, spec, says: true });
    if (spec.short) flags.set(`-${spec.short}`, { key, spec, says: true });
    if (spec.type === "boolean") flags.set(`--no-${flag.slice(2)}`, { key, spec, says: false });
  }
  return flags;
}

/** How the text after an option becomes its value; undefined if it doesn't. */
const READERS: Readonly<Record<OptionSpec["type"], (text: string) => unknown>> = {
  boolean: () => undefined,
  string: (text) => text,
  integer: (text) => /^\d{1,15}$/.test(text) ? Number(text) : undefined,
  number: (text) => isNumberLike(text) ? Number(text) : undefined,
  size: parseSize,
};

const WANTED: Readonly<Partial<Record<OptionSpec["type"], string>>> = {
  integer: "a whole number",
  number: "a number",
};

function readValue(written: string, spec: OptionSpec, text: string): unknown {
  if (spec.choices && !spec.choices.includes(text)) throw notAChoice(written, spec.choices, text);
  const value = READERS[spec.type](text);
  if (value !== undefined) return value;
  throw usage(`${written} can't be "${text}"`, `give it ${WANTED[spec.type]}`);
}

/** What a number may look like; `Number` alone takes `""`, `0x10` and `Infinity`. */
function isNumberLike(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text));
}

/** Gives each argument its words: the first ones from the front, those after `many` from the back. */
function assign(words: readonly string[], tables: ArgTables): Record<string, unknown> {
  const specs = Object.entries(tables.args);
  const usageLine = [tables.name, ...specs.map(([, spec]) => argUsage(spec))].join(" ");
  const many = specs.findIndex(([, spec]) => spec.many);
  const after = many < 0 ? 0 : specs.length - many - 1;
  const taken: Record<string, unknown> = {};
  let next = 0;
  for (const [key, spec] of specs) {
    const end = spec.many ? Math.max(next, words.length - after) : next + 1;
    const own = words.slice(next, end);
    if (own.length === 0 && !spec.optional) {
      throw usage(`${spec.value} is missing`, `write ${usageLine}`);
    }
    for (const word of own) {
      if (spec.choices && !spec.choices.includes(word)) {
        throw notAChoice(spec.value, spec.choices, word);
      }
    }
    taken[key] = spec.many ? own : own[0];
    next = end;
  }
  if (next < words.length) {
    throw usage(`"${words[next]}" is one argument too many`, `write ${usageLine}`);
  }
  return taken;
}

function withDefaults(
  values: ReadonlyMap<string, unknown>,
  options: OptionSpecs,
): Record<string, unknown> {
  const full: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(options)) {
    const none = spec.multiple
      ? []
      : spec.type === "boolean" && !spec.negatable
      ? false
      : undefined;
    full[key] = values.get(key) ?? spec.default ?? none;
  }
  return full;
}

function fail(word: string, flags: ReadonlyMap<string, Flag>, tables: ArgTables): never {
  const long = word.startsWith("--") ? word : `-${word}`;
  const near = closest(long, [...flags.keys()].filter((flag) => flag.length > 2));
  const hint = near ? `did you mean ${near}?` : `${tables.name} --help lists the options`;
  throw usage(`There is no option ${word}`, hint);
}

function notAChoice(written: string, choices: readonly string[], text: string): StateDictError {
  const near = closest(text, choices);
  const list = `one of ${choices.join(", ")}`;
  const hint = near ? `did you mean ${near}? It is ${list}` : `it is ${list}`;
  return usage(`${written} can't be "${text}"`, hint);
}

function splitOnce(word: string): [name: string, value: string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function usage(message: string, hint: string): StateDictError {
  return new StateDictError("usage", message, { hint });
}
