/**
 * What a command is: a table of its arguments and options, from which the parser, the help and the
 * completions are made, and a function that gets them typed.
 *
 * @module
 */

import type { Io } from "./io.ts";

/** One positional argument. */
export interface ArgSpec {
  /** How help writes it: `FILE`. */
  readonly value: string;
  /** One clause for the help. */
  readonly help: string;
  /** Takes all that the others leave: at most one argument of a command. */
  readonly many?: boolean;
  /** May be left out. */
  readonly optional?: boolean;
  /** The only words it may be. */
  readonly choices?: readonly string[];
}

/** One option. Its key in the table gives its name: `maxShardSize` is `--max-shard-size`. */
export interface OptionSpec {
  /** What follows it: nothing, any text, a whole number from 0, a number, or bytes (`5GB`). */
  readonly type: "boolean" | "string" | "integer" | "number" | "size";
  /** One clause for the help. */
  readonly help: string;
  /** One letter: `f` for `-f`. */
  readonly short?: string;
  /** How help writes what follows: `GLOB`. */
  readonly value?: string;
  /** May be given again; the values are a list. */
  readonly multiple?: boolean;
  /** The only words it may be. */
  readonly choices?: readonly string[];
  /** What it is when not given. */
  readonly default?: boolean | string | number;
  /** A boolean that is undefined when not given: both `--x` and `--no-x` say something. */
  readonly negatable?: boolean;
}

/** Arguments in their order, by the name under which `run` gets them. */
export type ArgSpecs = Readonly<Record<string, ArgSpec>>;
/** Options by the name under which `run` gets them. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ScalarOf<S extends OptionSpec> = S["type"] extends "boolean" ? boolean
  : S["type"] extends "string" ? S extends { choices: readonly (infer C)[] } ? C : string
  : number;

type OptionOf<S extends OptionSpec> = S extends { multiple: true } ? ScalarOf<S>[]
  : S extends { default: boolean | string | number } ? ScalarOf<S>
  : S extends { negatable: true } ? boolean | undefined
  : S["type"] extends "boolean" ? boolean
  : ScalarOf<S> | undefined;

type WordOf<S extends ArgSpec> = S extends { choices: readonly (infer C)[] } ? C : string;

type ArgOf<S extends ArgSpec> = S extends { many: true } ? WordOf<S>[]
  : S extends { optional: true } ? WordOf<S> | undefined
  : WordOf<S>;

/** What the command line gave, typed by the command's tables. */
export interface Parsed<A extends ArgSpecs, O extends OptionSpecs> {
  /** The positional arguments. */
  readonly args: { readonly [K in keyof A]: ArgOf<A[K]> };
  /** The options, with defaults filled in. */
  readonly options: { readonly [K in keyof O]: OptionOf<O[K]> };
}

/** A command line for the help, and what it does. */
export type Example = readonly [line: string, does: string];

/** A command as its file describes it. */
export interface CommandSpec<A extends ArgSpecs, O extends OptionSpecs> {
  /** Positional arguments, in order. */
  readonly args: A;
  /** Options beside the global ones. */
  readonly options: O;
  /** Lines for the help. */
  readonly examples: readonly Example[];
  /** What else the help should say. */
  readonly notes?: string;
  /** Does it, and gives the exit status. */
  run(parsed: Parsed<A, O>, io: Io, program: Program): Promise<number> | number;
}

/** Any command: what `parseArgs` reads is checked by its tables, not by the compiler. */
export interface Command {
  /** Positional arguments, in order. */
  readonly args: ArgSpecs;
  /** Options beside the global ones. */
  readonly options: OptionSpecs;
  /** Lines for the help. */
  readonly examples: readonly Example[];
  /** What else the help should say. */
  readonly notes?: string;
  /** Does it, and gives the exit status. */
  run(parsed: AnyParsed, io: Io, program: Program): Promise<number> | number;
}

/** What the command line gave, of a command known only at run time. */
export interface AnyParsed {
  /** The positional arguments. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The options, with defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A command in the program's table: its file is read only when it is wanted. */
export interface CommandEntry {
  /** The word that calls it. */
  readonly name: string;
  /** One clause for the list of commands. */
  readonly summary: string;
  /** Reads its file. */
  load(): Promise<{ readonly command: Command }>;
}

/** All commands there are. */
export type Program = readonly CommandEntry[];

/** A command whose `run` gets its arguments and options typed. */
export function defineCommand<const A extends ArgSpecs, const O extends OptionSpecs>(
  spec: CommandSpec<A, O>,
): Command {
  return spec as unknown as Command;
}

/** Options of every command, before or after its name. */
export const GLOBAL_OPTIONS = {
  quiet: { type: "boolean", short: "q", help: "no progress and no notes" },
  color: { type: "boolean", negatable: true, help: "colours even where there is no terminal" },
  debug: { type: "boolean", help: "errors with the place in the program" },
  limit: {
    type: "string",
    value: "NAME=N",
    multiple: true,
    help: "another limit than the one that an error names",
  },
  help: { type: "boolean", short: "h", help: "this help" },
  version: { type: "boolean", short: "V", help: "version of statedict and of its runtime" },
} as const;

/** `--max-shard-size` of `maxShardSize`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How usage lines write an argument: `FILE`, `FILE…`, `[FILE]`. */
export function argUsage(spec: ArgSpec): string {
  const word = spec.many ? `${spec.value}…` : spec.value;
  return spec.optional ? `[${word}]` : word;
}
